// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where symbols come from.
#pragma once

#include "tool/symbols/symbols.h"
#include "tool/system.h"

#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

struct SymbolQuery {
    std::string file;                // empty: the running kernel
    std::vector<std::string> names;  // what will be looked for; of no interest: all
    std::optional<std::uint64_t> at; // where an image is loaded; none: where it wants to be
};

// The file is a System.map, what `nm` printed, an image of Windows, or the PDB of an image beside it. Throws Failure that says why there
// are none.
Symbols read_symbols(System& system, const SymbolQuery& query);

} // namespace nadir::tool
