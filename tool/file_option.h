// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An option that names a file: it must be there. CLI11's own check takes the name for one in the system's code page.
#pragma once

#include "tool/files.h"

#include <CLI/CLI.hpp>
#include <string>

namespace nadir::tool {

inline CLI::Validator existing_file() {
    return CLI::Validator(
        [](std::string& name) -> std::string {
            std::error_code error;
            const std::filesystem::file_status status = std::filesystem::status(path_of(name), error);
            if (!std::filesystem::exists(status)) {
                return "File does not exist: " + name;
            }
            return std::filesystem::is_directory(status) ? "File is actually a directory: " + name : std::string{};
        },
        "FILE");
}

} // namespace nadir::tool
