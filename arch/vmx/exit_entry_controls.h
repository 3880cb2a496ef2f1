// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// [SDM3 "VM-Exit Control Fields"], [SDM3 "VM-Entry Control Fields"]. About reserved bits: see arch/vmx/controls.h.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct ExitControls : Register<ExitControls, std::uint32_t, Reserved::zero, 0x36DFBu> {
    NADIR_REGISTER
    NADIR_BIT(save_debug_controls, 2, "save DR7 and IA32_DEBUGCTL (default1)")
    NADIR_BIT(host_address_space_size, 9, "the host is in 64-bit mode")
    NADIR_BIT(load_perf_global_ctrl, 12, "load IA32_PERF_GLOBAL_CTRL")
    NADIR_BIT(acknowledge_interrupt, 15, "acknowledge the external interrupt and report its vector")
    NADIR_BIT(save_pat, 18, "save IA32_PAT")
    NADIR_BIT(load_pat, 19, "load IA32_PAT")
    NADIR_BIT(save_efer, 20, "save IA32_EFER")
    NADIR_BIT(load_efer, 21, "load IA32_EFER")
    NADIR_BIT(save_preemption_timer, 22, "save the preemption timer's value")
    NADIR_BIT(clear_bndcfgs, 23, "clear IA32_BNDCFGS")
    NADIR_BIT(conceal_from_pt, 24, "Processor Trace shows no sign of VM exits")
    NADIR_BIT(clear_rtit_ctl, 25, "clear IA32_RTIT_CTL")
    NADIR_BIT(clear_lbr_ctl, 26, "clear IA32_LBR_CTL")
    NADIR_BIT(clear_uinv, 27, "save and clear the user-interrupt notification vector")
    NADIR_BIT(load_cet_state, 28, "load IA32_S_CET, SSP, IA32_INTERRUPT_SSP_TABLE_ADDR")
    NADIR_BIT(load_pkrs, 29, "load IA32_PKRS")
    NADIR_BIT(save_perf_global_ctrl, 30, "save IA32_PERF_GLOBAL_CTRL")
    NADIR_BIT(activate_secondary_exit_controls, 31, "the secondary VM-exit controls are used")

    static constexpr std::uint32_t default1_mask = 0x36DFF;
};

struct SecondaryExitControls : Register<SecondaryExitControls, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(save_fred, 0, "save the FRED MSRs")
    NADIR_BIT(load_fred, 1, "load the FRED MSRs")
    NADIR_BIT(load_spec_ctrl, 2, "load IA32_SPEC_CTRL")
    NADIR_BIT(prematurely_busy_shadow_stack, 3, "report a shadow stack left busy by an interrupted event delivery")
};

struct EntryControls : Register<EntryControls, std::uint32_t, Reserved::zero, 0x11FBu> {
    NADIR_REGISTER
    NADIR_BIT(load_debug_controls, 2, "load DR7 and IA32_DEBUGCTL (default1)")
    NADIR_BIT(ia32e_mode_guest, 9, "the guest is in IA-32e mode")
    NADIR_BIT(entry_to_smm, 10, "enter system-management mode")
    NADIR_BIT(deactivate_dual_monitor, 11, "end the dual-monitor treatment of SMIs")
    NADIR_BIT(load_perf_global_ctrl, 13, "load IA32_PERF_GLOBAL_CTRL")
    NADIR_BIT(load_pat, 14, "load IA32_PAT")
    NADIR_BIT(load_efer, 15, "load IA32_EFER")
    NADIR_BIT(load_bndcfgs, 16, "load IA32_BNDCFGS")
    NADIR_BIT(conceal_from_pt, 17, "Processor Trace shows no sign of VM entries")
    NADIR_BIT(load_rtit_ctl, 18, "load IA32_RTIT_CTL")
    NADIR_BIT(load_uinv, 19, "load the user-interrupt notification vector")
    NADIR_BIT(load_cet_state, 20, "load IA32_S_CET, SSP, IA32_INTERRUPT_SSP_TABLE_ADDR")
    NADIR_BIT(load_guest_lbr_ctl, 21, "load IA32_LBR_CTL")
    NADIR_BIT(load_pkrs, 22, "load IA32_PKRS")
    NADIR_BIT(load_fred, 23, "load the FRED MSRs")
    NADIR_BIT(load_spec_ctrl, 24, "load IA32_SPEC_CTRL")

    static constexpr std::uint32_t default1_mask = 0x11FF;
};

// Which VM functions VMFUNC may invoke.
struct VmFunctionControls : Register<VmFunctionControls, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(eptp_switching, 0, "VM function 0: EPTP switching")
};

} // namespace nadir::arch
