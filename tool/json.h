// SPDX-License-Identifier: MIT OR GPL-2.0-only
// JSON whose keys keep their order, compiled once (json.cpp) and not again in each file that builds some.
#pragma once

#include <nlohmann/json.hpp>

extern template class nlohmann::basic_json<nlohmann::ordered_map>;
