// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Symbols of an image of Windows, with the PDB that belongs to it; which names a PDB has, and of which build it must be.
#pragma once

#include "tool/symbols/symbols.h"
#include "tool/system.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nadir::tool {

// By what it begins with, or by a name that promises a PDB.
bool is_image_or_pdb(const std::string& file);

// Throws Failure where the file is neither, where its PDB or its image is of another build, and where there are no names.
Symbols read_image_symbols(System& system, const std::string& file, std::optional<std::uint64_t> at);

// "hal" of "C:\Windows\system32\HAL.dll"; empty for the kernel, as in a table of symbols.
std::string module_of_image(std::string_view file);

} // namespace nadir::tool
