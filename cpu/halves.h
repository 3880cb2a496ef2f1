// SPDX-License-Identifier: MIT OR GPL-2.0-only
// In 64-bit mode an instruction with a 32-bit result clears the upper half of the register. A compiler that takes a result
// for 32 bits doesn't know that of inline assembly, and clears it once more wherever the value becomes one of 64 bits.
#pragma once

#include <cstdint>

namespace nadir::cpu {

// The 32-bit result that is in this register.
inline uint32_t whole_register(uint64_t value) {
    if ((value >> 32) != 0) {
        __builtin_unreachable();
    }
    return static_cast<uint32_t>(value);
}

} // namespace nadir::cpu
