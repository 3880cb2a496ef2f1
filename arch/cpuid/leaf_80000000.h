// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaves 8000_0001H, 8000_0006H to 8000_0008H. (8000_0002H to 8000_0004H are the brand string.)
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf80000001Ecx : Register<Leaf80000001Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(lahf, 0, "LAHF and SAHF in 64-bit mode")
    NADIR_BIT(lzcnt, 5, "LZCNT")
    NADIR_BIT(prefetchw, 8, "PREFETCHW")
};

struct Leaf80000001Edx : Register<Leaf80000001Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(syscall, 11, "SYSCALL and SYSRET")
    NADIR_BIT(nx, 20, "execute disable")
    NADIR_BIT(page_1g, 26, "1-GiB pages")
    NADIR_BIT(rdtscp, 27, "RDTSCP and IA32_TSC_AUX")
    NADIR_BIT(lm, 29, "64-bit mode")
};

struct Leaf80000006Ecx : Register<Leaf80000006Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, line_size, 7, 0, "L2 line size in bytes")
    NADIR_FIELD(std::uint8_t, associativity, 15, 12, "L2 associativity, encoded")
    NADIR_FIELD(std::uint16_t, size_kib, 31, 16, "L2 size in KiB")
};

struct Leaf80000007Edx : Register<Leaf80000007Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(invariant_tsc, 8, "the TSC runs at a constant rate")
};

struct Leaf80000008Eax : Register<Leaf80000008Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, physical_bits, 7, 0, "physical address bits")
    NADIR_FIELD(std::uint8_t, linear_bits, 15, 8, "linear address bits")
    NADIR_FIELD(std::uint8_t, guest_physical_bits, 23, 16, "guest-physical address bits, 0: as physical")
};

struct Leaf80000008Ebx : Register<Leaf80000008Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(wbnoinvd, 9, "WBNOINVD")
};

} // namespace nadir::arch::cpuid
