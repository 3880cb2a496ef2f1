// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// [SDM1 "EFLAGS Register"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct Rflags : Register<Rflags, std::uint64_t, Reserved::zero, 0x2u> {
    NADIR_REGISTER
    NADIR_BIT(cf, 0, "carry; after a VMX instruction: VMfailInvalid")
    NADIR_BIT(pf, 2, "parity")
    NADIR_BIT(af, 4, "auxiliary carry")
    NADIR_BIT(zf, 6, "zero; after a VMX instruction: VMfailValid")
    NADIR_BIT(sf, 7, "sign")
    NADIR_BIT(tf, 8, "trap: single step")
    NADIR_BIT(interrupt_enable, 9, "maskable external interrupts are taken (IF)")
    NADIR_BIT(df, 10, "direction")
    NADIR_BIT(of, 11, "overflow")
    NADIR_FIELD(std::uint8_t, iopl, 13, 12, "I/O privilege level")
    NADIR_BIT(nt, 14, "nested task")
    NADIR_BIT(rf, 16, "resume: no instruction breakpoint on the next instruction")
    NADIR_BIT(vm, 17, "virtual-8086 mode")
    NADIR_BIT(ac, 18, "alignment check, or SMAP override")
    NADIR_BIT(vif, 19, "virtual interrupt flag")
    NADIR_BIT(vip, 20, "virtual interrupt pending")
    NADIR_BIT(id, 21, "CPUID is there")
};

} // namespace nadir::arch
