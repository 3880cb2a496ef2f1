// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Small feature and power MSRs. [SDM4 "Architectural MSRs"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct CoreCapabilities : Register<CoreCapabilities, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(stlb_qos, 0, "STLB allocation control")
    NADIR_BIT(fusa, 2, "functional safety tests")
    NADIR_BIT(rsm_in_cpl0_only, 3, "RSM at CPL 0 only")
    NADIR_BIT(uc_lock_disable, 4, "locks on uncacheable memory can be made to fault")
    NADIR_BIT(split_lock_disable, 5, "split locks can be made to fault")
    NADIR_BIT(snoop_filter_qos, 6, "snoop filter allocation control")
    NADIR_BIT(uc_store_throttling, 7, "uncacheable stores can be throttled")
};

struct UmwaitControl : Register<UmwaitControl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(c02_disabled, 0, "no C0.2 state")
    NADIR_FIELD(std::uint32_t, maximum_quanta, 31, 2, "longest wait in TSC quanta divided by 4, 0: no limit")
};

struct McuOptCtrl : Register<McuOptCtrl, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(rngds_mitg_dis, 0, "no mitigation of special register buffer data sampling")
    NADIR_BIT(rtm_allow, 1, "transactions are allowed")
    NADIR_BIT(rtm_locked, 2, "that cannot be changed")
    NADIR_BIT(fb_clear_dis, 3, "VERW doesn't overwrite fill buffers")
    NADIR_BIT(gds_mitg_dis, 4, "no mitigation of gather data sampling")
    NADIR_BIT(gds_mitg_lock, 5, "that cannot be changed")
};

struct UserMsrCtl : Register<UserMsrCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(enable, 0, "URDMSR and UWRMSR are enabled")
    NADIR_ADDRESS(bitmap, 63, 12, "linear address of the bitmap of allowed MSRs")
};

struct PlatformId : Register<PlatformId, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, platform, 52, 50, "platform")
};

struct BiosSignature : Register<BiosSignature, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, revision, 63, 32, "revision of the loaded microcode update")
};

struct XapicDisableStatus : Register<XapicDisableStatus, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(legacy_xapic_disabled, 0, "the APIC is locked to x2APIC mode")
};

struct FixedCounterCtrl : Register<FixedCounterCtrl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, counter0, 3, 0, "counter 0: 1 at CPL 0, 2 above, 4 any thread, 8 interrupt")
    NADIR_FIELD(std::uint8_t, counter1, 7, 4, "counter 1")
    NADIR_FIELD(std::uint8_t, counter2, 11, 8, "counter 2")
    NADIR_FIELD(std::uint8_t, counter3, 15, 12, "counter 3")
};

} // namespace nadir::arch
