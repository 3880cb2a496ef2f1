// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Physical memory wherever it lies: 2 MiB of linear addresses that show any 2 MiB of it.
#pragma once

#include "tests/guest/conformance/tables.h"

namespace nadir::conformance {

constexpr u64 window_address = 0xFFC0'0000; // below 4 GiB, where the identity map shows nothing that we need

// The 2 MiB around a physical address; returns where the address is now. Each processor asks for itself.
inline u8* show(u64 physical) {
    constexpr u64 large = 1u << 7;
    directory_entry(window_address) = round_down(physical, large_page_size) | large | present_and_writable;
    asm volatile("invlpg (%0)" : : "r"(window_address) : "memory");
    return reinterpret_cast<u8*>(window_address + physical % large_page_size);
}

} // namespace nadir::conformance
