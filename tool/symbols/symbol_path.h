// SPDX-License-Identifier: MIT OR GPL-2.0-only
// _NT_SYMBOL_PATH: folders, and symbol servers with the folders in which what they gave is kept.
#pragma once

#include <string>
#include <string_view>

namespace nadir::tool {

// Without what would ask a network for each of hundreds of modules: "C:\a;srv*C:\b*https://server" becomes "C:\a;srv*C:\b".
std::string local_part(std::string_view symbol_path);

} // namespace nadir::tool
