// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One way to print JSON: indented, keys in the order in which they were put in, one newline at the end.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

namespace nadir::tool {

inline void print_json(std::ostream& out, const nlohmann::ordered_json& json) {
    // Text from outside may hold anything; what isn't UTF-8 must not end the program.
    out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

// One object per line, for a stream that never ends.
inline void print_json_line(std::ostream& out, const nlohmann::ordered_json& json) {
    out << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n' << std::flush;
}

} // namespace nadir::tool
