// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The extension that a hook calls (docs/extensions.md): by its name or number on the command line, by its number for the host.
#pragma once

#include "control/control.h"
#include "tool/system.h"

#include <string>

namespace nadir::tool {

// Throws Failure when there is none of that name or number.
nadir_u64 extension_number(Device& device, const std::string& word);

} // namespace nadir::tool
