// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Flexible return and event delivery. [SDM3 "FRED"] (chapter of the same name)
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_FRED_CONFIG
struct FredConfig : Register<FredConfig, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, current_stack_level, 1, 0, "current stack level (CSL)")
    NADIR_BIT(decrement_shadow_stack, 3, "the shadow-stack pointer is lowered by 8 on delivery at the same level")
    NADIR_FIELD(std::uint8_t, red_zone, 8, 6, "bytes / 64 to leave on the stack on delivery at the same level")
    NADIR_FIELD(std::uint8_t, interrupt_stack_level, 10, 9, "stack level of maskable interrupts")
    NADIR_ADDRESS(entry_point, 63, 12, "page of the handlers: offset 0 from CPL 3, offset 256 from CPL 0")
};

// IA32_FRED_STKLVLS: two bits for each vector from 0 to 31.
struct FredStackLevels : Register<FredStackLevels, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint64_t, levels, 63, 0, "bits 2v+1:2v: stack level of exception v")

    [[nodiscard]] constexpr unsigned of(unsigned vector) const {
        return static_cast<unsigned>((value >> (2 * (vector & 31))) & 3);
    }
};

// IA32_FRED_RSP1 to RSP3: 64-byte aligned linear addresses. RSP0 is any address.
struct FredStackPointer : Register<FredStackPointer, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_ADDRESS(address, 63, 6, "stack pointer")
};

// IA32_FRED_SSP1 to SSP3: 8-byte aligned linear addresses. (SSP0 is IA32_PL0_SSP.)
struct FredShadowStackPointer : Register<FredShadowStackPointer, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_ADDRESS(address, 63, 3, "shadow-stack pointer")
};

} // namespace nadir::arch
