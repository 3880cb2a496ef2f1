// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/json_output.h"

namespace nadir::tool {
namespace {

// Text from outside may hold anything; what isn't UTF-8 must not end the program.
constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;

} // namespace

void print_json(std::ostream& out, const nlohmann::ordered_json& json) {
    out << json.dump(2, ' ', false, replace) << '\n';
}

void print_json_line(std::ostream& out, const nlohmann::ordered_json& json) {
    out << json.dump(-1, ' ', false, replace) << '\n' << std::flush;
}

} // namespace nadir::tool
