// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where symbols come from.
#pragma once

#include "tool/symbols/symbols.h"
#include "tool/system.h"

#include <string>

namespace nadir::tool {

// Of this file (a System.map, or what `nm` printed); with an empty name, of the running kernel. Throws Failure that says why there are none.
Symbols read_symbols(System& system, const std::string& file);

} // namespace nadir::tool
