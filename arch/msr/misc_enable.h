// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_MISC_ENABLE. Many bits differ by model, hence read, change, write. [SDM4 "Architectural MSRs"]
struct MiscEnable : Register<MiscEnable, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(fast_strings, 0, "fast string operations")
    NADIR_BIT(automatic_thermal_control, 3, "automatic thermal control circuit")
    NADIR_BIT(performance_monitoring, 7, "performance monitoring is available (read only)")
    NADIR_BIT(bts_unavailable, 11, "no branch trace storage (read only)")
    NADIR_BIT(pebs_unavailable, 12, "no precise event-based sampling (read only)")
    NADIR_BIT(enhanced_speedstep, 16, "Enhanced Intel SpeedStep enabled")
    NADIR_BIT(monitor_fsm, 18, "MONITOR and MWAIT enabled (CPUID shows it)")
    NADIR_BIT(limit_cpuid, 22, "CPUID's highest basic leaf is 2 (for old systems)")
    NADIR_BIT(xtpr_disable, 23, "xTPR messages disabled")
    NADIR_BIT(xd_disable, 34, "execute disable is hidden")
};

} // namespace nadir::arch
