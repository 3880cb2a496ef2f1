// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One way to print JSON: indented, keys in the order in which they were put in, one newline at the end.
#pragma once

#include "tool/json.h"

#include <ostream>

namespace nadir::tool {

void print_json(std::ostream& out, const nlohmann::ordered_json& json);

// One object per line, for a stream that never ends.
void print_json_line(std::ostream& out, const nlohmann::ordered_json& json);

} // namespace nadir::tool
