// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_U_CET and IA32_S_CET. [SDM1 "Control-flow Enforcement Technology (CET)"]
struct CetControl : Register<CetControl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(shadow_stack, 0, "shadow stacks (SH_STK_EN)")
    NADIR_BIT(write_shadow_stack, 1, "WRSS is enabled (WR_SHSTK_EN)")
    NADIR_BIT(indirect_branch_tracking, 2, "indirect branch tracking (ENDBR_EN)")
    NADIR_BIT(legacy_compatible, 3, "legacy code page bitmap is used (LEG_IW_EN)")
    NADIR_BIT(no_track, 4, "the no-track prefix counts (NO_TRACK_EN)")
    NADIR_BIT(suppress_disable, 5, "tracking isn't suppressed (SUPPRESS_DIS)")
    NADIR_BIT(suppress, 10, "tracking is suppressed")
    NADIR_BIT(wait_for_endbranch, 11, "the tracker waits for ENDBRANCH")
    NADIR_ADDRESS(bitmap_base, 63, 12, "linear address of the legacy code page bitmap")
};

} // namespace nadir::arch
