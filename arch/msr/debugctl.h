// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_DEBUGCTL. VM exits clear it. [SDM3 "IA32_DEBUGCTL MSR"]
struct DebugCtl : Register<DebugCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(lbr, 0, "last branch records are written")
    NADIR_BIT(btf, 1, "single step on branches (with RFLAGS.TF)")
    NADIR_BIT(bus_lock_detect, 2, "#DB after a bus lock")
    NADIR_BIT(tr, 6, "branch trace messages are sent")
    NADIR_BIT(bts, 7, "branch trace messages go to the debug store")
    NADIR_BIT(btint, 8, "the debug store raises an interrupt when full")
    NADIR_BIT(bts_off_os, 9, "no branch trace at CPL 0")
    NADIR_BIT(bts_off_usr, 10, "no branch trace above CPL 0")
    NADIR_BIT(freeze_lbrs_on_pmi, 11, "a performance-monitoring interrupt freezes the last branch records")
    NADIR_BIT(freeze_perfmon_on_pmi, 12, "a performance-monitoring interrupt freezes the counters")
    NADIR_BIT(enable_uncore_pmi, 13, "uncore performance-monitoring interrupts")
    NADIR_BIT(freeze_while_smm, 14, "counters and tracing stop in system-management mode")
    NADIR_BIT(rtm_debug, 15, "advanced debugging of RTM regions")
};

} // namespace nadir::arch
