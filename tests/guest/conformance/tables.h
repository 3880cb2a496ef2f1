// SPDX-License-Identifier: MIT OR GPL-2.0-only
// For traces that map single pages anew: 2 MiB of the identity map by a table of small pages.
#pragma once

#include "hosts/bare/machine/instructions.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

constexpr u64 present_and_writable = 3;

// The page-directory entry that maps the 2 MiB around this address of the identity map.
inline u64& directory_entry(u64 address) {
    constexpr u64 table_mask = 0xF'FFFF'FFFF'F000;
    const auto* pml4 = reinterpret_cast<const u64*>(read_cr3() & table_mask);
    const auto* pdpt = reinterpret_cast<const u64*>(pml4[0] & table_mask);
    return reinterpret_cast<u64*>(pdpt[address >> 30 & 511] & table_mask)[address >> 21 & 511];
}

// Maps the 2 MiB from `start` to themselves, but for the page with this index.
inline void fill_table(u64* table, u64 start, u32 index, u64 page) {
    for (u32 i = 0; i < 512; ++i)
        table[i] = (i == index ? page : start + i * page_size) | present_and_writable;
}

} // namespace nadir::conformance
