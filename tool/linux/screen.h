// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The terminal that standard output is.
#pragma once

#include "tool/look/frame.h"

#include <memory>
#include <optional>

namespace nadir::tool {

// Nothing where it is none, or one that can do nothing but print. Throws Failure where nobody knows what it can do.
std::unique_ptr<Screen> open_linux_screen();

std::optional<TerminalSize> linux_terminal();

} // namespace nadir::tool
