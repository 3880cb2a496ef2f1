// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A dump of any format, recognised by itself.
#pragma once

#include "tool/dump/dump.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// `format`: take it for that one. The dumps of a log in their order; never empty, but one may be without any field.
std::vector<Dump> read_dumps(std::string_view text, std::optional<DumpFormat> format);

// Reads a file, or standard input for "-". Throws Failure where it can't be read, or where it holds no dump.
// `number`: which of several dumps in one file, from 1.
Dump read_dump_file(const std::string& file, std::optional<DumpFormat> format, unsigned number = 1);

// "dump.txt:7: CR3 = 0xzz: a hexadecimal number is expected ..."
std::string describe(const Dump& dump, const DumpProblem& problem);

} // namespace nadir::tool
