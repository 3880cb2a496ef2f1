// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Speculation controls and the immunities that the processor reports.
// [SDM3 "Speculative Execution"], [SDM4 "Architectural MSRs"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct SpecCtrl : Register<SpecCtrl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(ibrs, 0, "indirect branch restricted speculation")
    NADIR_BIT(stibp, 1, "single-thread indirect branch predictors")
    NADIR_BIT(ssbd, 2, "speculative store bypass disable")
    NADIR_BIT(ipred_dis_u, 3, "indirect predictor disable in user mode")
    NADIR_BIT(ipred_dis_s, 4, "indirect predictor disable in supervisor mode")
    NADIR_BIT(rrsba_dis_u, 5, "no alternate predictors for returns in user mode")
    NADIR_BIT(rrsba_dis_s, 6, "no alternate predictors for returns in supervisor mode")
    NADIR_BIT(psfd, 7, "fast store forwarding predictor disable")
    NADIR_BIT(ddpd_u, 8, "data-dependent prefetcher disable in user mode")
    NADIR_BIT(bhi_dis_s, 10, "branch history injection prevention in supervisor mode")
};

struct PredCmd : Register<PredCmd, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(ibpb, 0, "indirect branch predictor barrier")
};

struct FlushCmd : Register<FlushCmd, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(l1d_flush, 0, "write back and invalidate the L1 data cache")
};

struct TsxCtrl : Register<TsxCtrl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(rtm_disable, 0, "transactions abort at once")
    NADIR_BIT(cpuid_clear, 1, "CPUID doesn't show RTM and HLE")
};

struct ArchCapabilities : Register<ArchCapabilities, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(rdcl_no, 0, "immune to rogue data cache load")
    NADIR_BIT(ibrs_all, 1, "enhanced IBRS")
    NADIR_BIT(rsba, 2, "returns may use alternate predictors")
    NADIR_BIT(skip_l1dfl_vmentry, 3, "no need to flush the L1 data cache on VM entry")
    NADIR_BIT(ssb_no, 4, "immune to speculative store bypass")
    NADIR_BIT(mds_no, 5, "immune to microarchitectural data sampling")
    NADIR_BIT(if_pschange_mc_no, 6, "immune to machine check on page size change")
    NADIR_BIT(tsx_ctrl, 7, "IA32_TSX_CTRL exists")
    NADIR_BIT(taa_no, 8, "immune to TSX asynchronous abort")
    NADIR_BIT(mcu_control, 9, "IA32_MCU_CONTROL exists")
    NADIR_BIT(misc_package_ctls, 10, "IA32_MISC_PACKAGE_CTLS exists")
    NADIR_BIT(energy_filtering, 11, "energy filtering control")
    NADIR_BIT(doitm, 12, "data operand independent timing mode")
    NADIR_BIT(sbdr_ssdp_no, 13, "immune to shared buffers data read")
    NADIR_BIT(fbsdp_no, 14, "immune to fill buffer stale data propagation")
    NADIR_BIT(psdp_no, 15, "immune to primary stale data propagation")
    NADIR_BIT(fb_clear, 17, "VERW overwrites fill buffers")
    NADIR_BIT(fb_clear_ctrl, 18, "that overwriting can be disabled")
    NADIR_BIT(rrsba, 19, "returns may use alternate predictors in restricted form")
    NADIR_BIT(bhi_no, 20, "immune to branch history injection")
    NADIR_BIT(xapic_disable_status, 21, "IA32_XAPIC_DISABLE_STATUS exists")
    NADIR_BIT(overclocking_status, 23, "IA32_OVERCLOCKING_STATUS exists")
    NADIR_BIT(pbrsb_no, 24, "immune to post-barrier return stack buffer predictions")
    NADIR_BIT(gds_ctrl, 25, "gather data sampling mitigation can be controlled")
    NADIR_BIT(gds_no, 26, "immune to gather data sampling")
    NADIR_BIT(rfds_no, 27, "immune to register file data sampling")
    NADIR_BIT(rfds_clear, 28, "VERW clears stale register file data")
    NADIR_BIT(ign_umonitor, 29, "UMONITOR can be ignored")
    NADIR_BIT(mon_umon_mitigation, 30, "MONITOR and UMONITOR mitigation")
    NADIR_BIT(its_no, 62, "immune to indirect target selection")
};

} // namespace nadir::arch
