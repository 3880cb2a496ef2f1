// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A place in memory as people write it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace nadir::tool {

struct MemoryRange {
    std::uint64_t address = 0;
    std::optional<std::uint64_t> size;
};

// The address of a name. Throws Failure where there is none, or more than one.
using FindSymbol = std::function<std::uint64_t(std::string_view name)>;

// ADDRESS, ADDRESS+SIZE, SYMBOL, SYMBOL+SIZE or SYMBOL+OFFSET+SIZE. The address is hexadecimal, with or without 0x, ' or _ within;
// sizes and offsets are decimal unless they say otherwise. Throws Failure for anything else, for a size of 0, and for what would go
// beyond the last address.
MemoryRange parse_range(std::string_view text, const FindSymbol& find);

// ADDRESS, ADDRESS+OFFSET or the same with a symbol.
std::uint64_t parse_address(std::string_view text, const FindSymbol& find);

} // namespace nadir::tool
