// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a processor would begin a walk with, for tests of walks.
#pragma once

#include "control/control.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace nadir::test {

inline constexpr std::uint64_t tables_root = 0x1000;

inline nadir_address_space long_mode(std::uint64_t cr4 = 0) {
    nadir_address_space space{};
    space.cr0 = 0x8000'0011;
    space.cr3 = tables_root | 0x18; // PWT and PCD are no part of the address
    space.cr4 = cr4;
    space.efer = 0xD01;
    space.physical_bits = 40;
    space.large_1g = 1;
    space.process = 7;
    std::strcpy(space.name, "shell");
    return space;
}

inline nadir_ept_walk ept(std::vector<nadir_u64> entries, nadir_u32 tables = NADIR_EPT_OF_ALL) {
    nadir_ept_walk walk{};
    walk.eptp = 0xA01E;
    walk.tables = tables;
    walk.count = static_cast<nadir_u32>(entries.size());
    std::copy(entries.begin(), entries.end(), walk.entries);
    return walk;
}

} // namespace nadir::test
