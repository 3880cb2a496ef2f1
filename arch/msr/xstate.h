// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_XSS: supervisor state components of XSAVES. [SDM1 "Managing State Using the XSAVE Feature Set"]
struct Xss : Register<Xss, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(pt, 8, "Processor Trace")
    NADIR_BIT(pasid, 10, "process address space identifier")
    NADIR_BIT(cet_u, 11, "control-flow enforcement, user")
    NADIR_BIT(cet_s, 12, "control-flow enforcement, shadow-stack pointers of CPL 0 to 2")
    NADIR_BIT(hdc, 13, "hardware duty cycling")
    NADIR_BIT(uintr, 14, "user interrupts")
    NADIR_BIT(lbr, 15, "architectural last branch records")
    NADIR_BIT(hwp, 16, "hardware-controlled performance states")
};

// IA32_BNDCFGS
struct BndCfgs : Register<BndCfgs, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(enable, 0, "MPX in supervisor mode")
    NADIR_BIT(preserve, 1, "branches without prefix keep the bounds")
    NADIR_ADDRESS(directory, 63, 12, "linear address of the bound directory")
};

// IA32_PASID
struct PasidMsr : Register<PasidMsr, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, pasid, 19, 0, "process address space identifier")
    NADIR_BIT(valid, 31, "it may be used")
};

} // namespace nadir::arch
