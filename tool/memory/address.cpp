// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/address.h"

#include "tool/definitions/value.h"
#include "tool/exit_status.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace nadir::tool {

namespace {

constexpr const char* example =
    "An address is hexadecimal or a symbol, a size decimal or 0x...: ffffffff81000000, 0x7ffc0000+256, vfs_read+64.";

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t plus = std::min(text.find('+', from), text.size());
        parts.push_back(text.substr(from, plus - from));
        from = plus + 1;
    }
    return parts;
}

std::uint64_t parse_number(std::string_view word, std::string_view whole, const char* what) {
    if (!looks_like_number(word)) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\": \"{}\" is no {}", whole, word, what), example);
    }
    return parse_value(word, Reading::automatic).number;
}

// A word of letters only may be a number as well: it is one when it is long.
bool is_symbol(std::string_view word) {
    constexpr std::size_t long_enough = 8;
    const bool letters = word.find_first_not_of("abcdefABCDEF_'") == std::string_view::npos;
    return !word.empty() && !looks_like_number(word) && !(letters && word.size() >= long_enough);
}

std::uint64_t parse_start(std::string_view word, std::string_view whole, const FindSymbol& find) {
    if (word.empty()) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\" has no address", whole), example);
    }
    return is_symbol(word) ? find(word) : parse_value(word, Reading::hexadecimal).number;
}

std::uint64_t add(std::uint64_t address, std::uint64_t offset, std::string_view whole) {
    if (address + offset < address) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\" goes beyond the last address", whole));
    }
    return address + offset;
}

} // namespace

MemoryRange parse_range(std::string_view text, const FindSymbol& find) {
    const std::vector<std::string_view> parts = split(text);
    if (parts.size() > (is_symbol(parts.front()) ? 3u : 2u)) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\" has too many parts", text), example);
    }
    MemoryRange range;
    range.address = parse_start(parts.front(), text, find);
    if (parts.size() == 3) {
        range.address = add(range.address, parse_number(parts[1], text, "offset"), text);
    }
    if (parts.size() > 1) {
        range.size = parse_number(parts.back(), text, "size");
        if (*range.size == 0) {
            throw Failure(ExitStatus::usage, fmt::format("\"{}\" asks for no byte at all", text), example);
        }
        (void)add(range.address, *range.size - 1, text);
    }
    return range;
}

std::uint64_t parse_address(std::string_view text, const FindSymbol& find) {
    const std::vector<std::string_view> parts = split(text);
    if (parts.size() > 2) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\" has too many parts: one address is translated", text),
                      example);
    }
    const std::uint64_t address = parse_start(parts.front(), text, find);
    return parts.size() == 1 ? address : add(address, parse_number(parts[1], text, "offset"), text);
}

} // namespace nadir::tool
