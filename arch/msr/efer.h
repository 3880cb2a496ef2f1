// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_EFER. [SDM3 "Extended Feature Enable Register"]
struct Efer : Register<Efer, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(sce, 0, "SYSCALL and SYSRET enable")
    NADIR_BIT(lme, 8, "IA-32e mode enable")
    NADIR_BIT(lma, 10, "IA-32e mode active (read only)")
    NADIR_BIT(nxe, 11, "execute-disable enable")
};

} // namespace nadir::arch
