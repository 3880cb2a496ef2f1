// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Lists of "field = value", one per line: our own dumps, and what anybody writes down.
#pragma once

#include "tool/dump/dump.h"

#include <string_view>

namespace nadir::tool {

inline constexpr std::string_view nadir_dump_heading = "nadir vmcs dump ";
inline constexpr unsigned nadir_dump_version = 1;

// Is there a line of one?
bool looks_like_nadir_dump(std::string_view text);

// `format`: nadir or list. Values are hexadecimal, "0x" before them or not; what follows '#' is a comment.
Dump read_field_list(std::string_view text, DumpFormat format);

} // namespace nadir::tool
