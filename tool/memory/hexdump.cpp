// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/hexdump.h"

#include "tool/print_to.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace nadir::tool {

namespace {

constexpr std::size_t per_line = 16;

char character_of(std::optional<std::uint8_t> byte) {
    if (!byte) {
        return ' ';
    }
    const bool printable = *byte >= 0x20 && *byte < 0x7F;
    return printable ? static_cast<char>(*byte) : '.';
}

} // namespace

void print_hexdump(std::ostream& out, std::uint64_t address, const Bytes& bytes) {
    for (std::size_t from = 0; from < bytes.size(); from += per_line) {
        const std::size_t count = std::min(per_line, bytes.size() - from);
        std::string line = fmt::format("{:016x} ", address + from);
        std::string characters;
        for (std::size_t i = 0; i < per_line; ++i) {
            line += i == per_line / 2 ? "  " : " ";
            if (i >= count) {
                line += "  ";
                continue;
            }
            const std::optional<std::uint8_t> byte = bytes[from + i];
            line += byte ? fmt::format("{:02x}", *byte) : "--";
            characters += character_of(byte);
        }
        print_to(out, "{}  |{}|\n", line, characters);
    }
}

} // namespace nadir::tool
