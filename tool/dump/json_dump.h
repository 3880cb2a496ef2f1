// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Our own dumps as JSON.
#pragma once

#include "tool/dump/dump.h"

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace nadir::tool {

inline constexpr int dump_json_format = 1;

bool looks_like_json_dump(std::string_view text);

// What is wrong is among the dump's problems, with the place as a JSON pointer for its text.
Dump read_json_dump(std::string_view text);

nlohmann::ordered_json dump_to_json(const Dump& dump);

} // namespace nadir::tool
