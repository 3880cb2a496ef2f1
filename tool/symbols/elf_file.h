// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Symbols as a file that a debugger reads in place of the program that they are of.
#pragma once

#include "tool/symbols/symbols.h"

#include <string>

namespace nadir::tool {

// An ELF file without contents: sections that say where code and data lie, and the symbols in them, each with its size (up to the next
// one). With that GDB knows functions from variables, and what function an address is in.
std::string elf_file(const Symbols& symbols);

} // namespace nadir::tool
