// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaves 15H (time-stamp counter and core crystal clock) and 16H (frequencies).
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

// Frequency of the TSC = ECX * EBX / EAX, where none is 0.
struct Leaf15Eax : Register<Leaf15Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, denominator, 31, 0, "denominator of TSC to crystal clock")
};

struct Leaf15Ebx : Register<Leaf15Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, numerator, 31, 0, "numerator of TSC to crystal clock")
};

struct Leaf15Ecx : Register<Leaf15Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, crystal_hz, 31, 0, "crystal clock in Hz, or 0")
};

struct Leaf16Eax : Register<Leaf16Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, base_mhz, 15, 0, "base frequency in MHz")
};

struct Leaf16Ebx : Register<Leaf16Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, maximum_mhz, 15, 0, "maximum frequency in MHz")
};

struct Leaf16Ecx : Register<Leaf16Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, bus_mhz, 15, 0, "reference frequency in MHz")
};

} // namespace nadir::arch::cpuid
