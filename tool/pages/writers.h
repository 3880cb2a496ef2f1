// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The files that are made of the commands' definitions.
#pragma once

#include "tool/pages/definition.h"

#include <string>

namespace nadir::tool::pages {

// A manual page in mdoc of one command (the program: its overview). `date` as "November 28, 2026".
[[nodiscard]] std::string man_page(const Command& program, const Command& command, const std::string& date);

// "nadir" or "nadir-trace".
[[nodiscard]] std::string page_name(const Command& command);

[[nodiscard]] std::string bash_completion(const Command& program);
[[nodiscard]] std::string zsh_completion(const Command& program);
[[nodiscard]] std::string fish_completion(const Command& program);

} // namespace nadir::tool::pages
