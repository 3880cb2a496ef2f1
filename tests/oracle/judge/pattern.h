// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Patterns of the data files: `*` stands for anything, `<segment>` for a segment register's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nadir::oracle {

// Does `text` match? `segment` gets what <segment> stood for, in lower case.
bool matches(std::string_view pattern, std::string_view text, std::string& segment);

std::string_view trimmed(std::string_view text);
// At commas, trimmed, without empty parts.
std::vector<std::string> split(std::string_view text);
std::string replaced(std::string text, std::string_view what, std::string_view by);

} // namespace nadir::oracle
