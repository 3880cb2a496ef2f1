// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// SYSCALL and SYSENTER. [SDM3 "Fast System Calls in 64-Bit Mode"]
// The pointers (LSTAR, CSTAR, SYSENTER_ESP, SYSENTER_EIP) and IA32_FMASK are plain integers.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct Star : Register<Star, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, syscall_selector, 47, 32, "SYSCALL: CS; SS is this plus 8")
    NADIR_FIELD(std::uint16_t, sysret_selector, 63, 48, "SYSRET: SS is this plus 8; CS this, plus 16 for 64-bit")
};

struct SysenterCs : Register<SysenterCs, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, selector, 15, 0, "CS of SYSENTER; SS is this plus 8; SYSEXIT adds 16 or 32; null: #GP")
};

} // namespace nadir::arch
