// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_APIC_BASE. [SDM3 "Local APIC Status and Location"]
struct ApicBase : Register<ApicBase, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(bsp, 8, "this is the bootstrap processor")
    NADIR_BIT(x2apic, 10, "x2APIC mode")
    NADIR_BIT(enable, 11, "the local APIC is enabled")
    NADIR_ADDRESS(base, 51, 12, "physical address of the APIC's registers")
};

} // namespace nadir::arch
