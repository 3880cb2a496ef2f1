// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Physical memory as people write it: ADDRESS, FIRST-LAST or ADDRESS+SIZE.
#pragma once

#include <cstdint>
#include <string>

namespace nadir::tool {

struct MemoryRange {
    std::uint64_t first;
    std::uint64_t last; // inclusive
};

// Throws Failure that says what is wrong with it.
MemoryRange parse_memory_range(const std::string& word);
// FIRST-LAST, or ADDRESS of one byte.
std::string words_of_memory(MemoryRange range);

} // namespace nadir::tool
