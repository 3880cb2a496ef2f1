// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names of files are UTF-8 here, as the command line has them; each system makes its own of them.
#pragma once

#include <filesystem>
#include <string>

namespace nadir::tool {

inline std::filesystem::path path_of(const std::string& name) {
    return std::filesystem::path(std::u8string(name.begin(), name.end()));
}

} // namespace nadir::tool
