// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/memory_type.h"
#include "arch/register.h"

namespace nadir::arch {

// IA32_PAT. [SDM3 "Page Attribute Table (PAT)"]
struct Pat : Register<Pat, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, pa0, 2, 0, "entry 0")
    NADIR_FIELD(MemoryType, pa1, 10, 8, "entry 1")
    NADIR_FIELD(MemoryType, pa2, 18, 16, "entry 2")
    NADIR_FIELD(MemoryType, pa3, 26, 24, "entry 3")
    NADIR_FIELD(MemoryType, pa4, 34, 32, "entry 4")
    NADIR_FIELD(MemoryType, pa5, 42, 40, "entry 5")
    NADIR_FIELD(MemoryType, pa6, 50, 48, "entry 6")
    NADIR_FIELD(MemoryType, pa7, 58, 56, "entry 7")

    static constexpr std::uint64_t initial = 0x0007040600070406;

    [[nodiscard]] constexpr MemoryType entry(unsigned index) const {
        return static_cast<MemoryType>(static_cast<std::uint8_t>(value >> (8 * (index & 7))));
    }
    // Every entry holds a type; anything else raises #GP on WRMSR and fails a VM entry.
    [[nodiscard]] constexpr bool types_valid() const {
        for (unsigned index = 0; index < 8; ++index) {
            if (!valid_pat_type(static_cast<std::uint8_t>(entry(index)))) {
                return false;
            }
        }
        return true;
    }
};

} // namespace nadir::arch
