// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/json.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;
