// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/memory_range.h"

#include "tool/definitions/value.h"
#include "tool/exit_status.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr unsigned physical_address_bits = 52; // no processor has more
constexpr std::string_view forms = "Write it like 0x1000, 0x1000-0x1fff or 0x1000+4096.";

[[noreturn]] void fail(const std::string& word, std::string_view what) {
    throw Failure(ExitStatus::usage, fmt::format("\"{}\": {}", word, what), std::string(forms));
}

std::uint64_t number_of(const std::string& word, const std::string& part) {
    if (!looks_like_number(part)) {
        fail(word, part.empty() ? "a number is missing." : fmt::format("\"{}\" is no number.", part));
    }
    return parse_value(part).number;
}

} // namespace

MemoryRange parse_memory_range(const std::string& word) {
    const std::size_t mark = word.find_first_of("-+");
    const std::uint64_t first = number_of(word, word.substr(0, mark));
    std::uint64_t last = first;
    if (mark != std::string::npos) {
        const std::uint64_t second = number_of(word, word.substr(mark + 1));
        if (word[mark] == '+' && second == 0) {
            fail(word, "this is no memory at all.");
        }
        last = word[mark] == '-' ? second : first + (second - 1);
    }
    if (last < first) {
        fail(word, word[mark] == '-' ? "the range ends before it begins." : "the range goes beyond the last address.");
    }
    if (last >> physical_address_bits != 0) {
        fail(word, "physical addresses have at most 52 bits. Linear addresses can't be watched.");
    }
    return {first, last};
}

std::string words_of_memory(MemoryRange range) {
    return range.first == range.last ? fmt::format("{:#x}", range.first)
                                     : fmt::format("{:#x}-{:#x}", range.first, range.last);
}

} // namespace nadir::tool
