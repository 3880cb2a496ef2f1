// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Bytes for people: 16 a line, with their address before and their characters behind.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

namespace nadir::tool {

// Nothing: a byte that couldn't be read.
using Bytes = std::vector<std::optional<std::uint8_t>>;

void print_hexdump(std::ostream& out, std::uint64_t address, const Bytes& bytes);

} // namespace nadir::tool
