// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaves 0 and 8000_0000H: the highest leaf, and the vendor as 12 characters in EBX, EDX, ECX.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf0Eax : Register<Leaf0Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, highest_leaf, 31, 0, "highest basic leaf")
};

struct LeafVendor : Register<LeafVendor, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, characters, 31, 0, "four characters of the vendor's name, the first in bits 7:0")
};

struct Leaf80000000Eax : Register<Leaf80000000Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, highest_leaf, 31, 0, "highest extended leaf")
};

// "GenuineIntel" in the registers' order EBX, EDX, ECX.
inline constexpr std::uint32_t intel_ebx = 0x756E6547;
inline constexpr std::uint32_t intel_edx = 0x49656E69;
inline constexpr std::uint32_t intel_ecx = 0x6C65746E;

} // namespace nadir::arch::cpuid
