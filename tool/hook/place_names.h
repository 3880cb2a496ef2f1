// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The names of the places where hooks are, for who looks at them again and again.
#pragma once

#include "tool/symbols/symbols.h"
#include "tool/system.h"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace nadir::tool {

// By address: "vfs_read+0x10". A place that no symbol is near has none.
using Places = std::map<nadir_u64, std::string>;

class PlaceNames {
public:
    // Symbols of this file; with an empty name, of the running kernel. Throws Failure where there is such a name, and no symbols.
    PlaceNames(System& system, const std::string& file);

    // The kernel's symbols are many, and change when modules come: they are read when a hook is first seen, and forgotten again.
    // Where they can't be read there are no names.
    const Places& of(std::span<const nadir_listed_hook> hooks);

private:
    System& system_;
    std::optional<Symbols> file_;
    Places places_;
};

// The name, or the address in hexadecimal.
std::string place_words(const std::string& name, nadir_u64 address);

} // namespace nadir::tool
