// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// VM-execution controls. [SDM3 "VM-Execution Control Fields"]
// The VM-exit and VM-entry controls are in arch/vmx/exit_entry_controls.h, which this header includes.
//
// Reserved bits: each processor says in its capability MSRs which bits must be 1 ("default1") or 0. What stands here as
// `reserved_ones` is the default1 class of the bits without a name; named bits of that class (CR3 exiting, debug
// controls) are in `default1_mask` and may be 0 only where VmxBasic::true_controls says so.
#pragma once

#include "arch/register.h"
#include "arch/vmx/exit_entry_controls.h"

namespace nadir::arch {

struct PinControls : Register<PinControls, std::uint32_t, Reserved::zero, 0x16u> {
    NADIR_REGISTER
    NADIR_BIT(external_interrupt_exiting, 0, "external interrupts cause VM exits")
    NADIR_BIT(nmi_exiting, 3, "NMIs cause VM exits")
    NADIR_BIT(virtual_nmis, 5, "NMI blocking is virtualised")
    NADIR_BIT(preemption_timer, 6, "the preemption timer counts down and causes a VM exit")
    NADIR_BIT(posted_interrupts, 7, "posted interrupts are processed")

    static constexpr std::uint32_t default1_mask = 0x16;
};

struct PrimaryControls : Register<PrimaryControls, std::uint32_t, Reserved::zero, 0x04006172u> {
    NADIR_REGISTER
    NADIR_BIT(interrupt_window_exiting, 2, "VM exit as soon as an interrupt could be taken")
    NADIR_BIT(use_tsc_offsetting, 3, "the TSC offset applies")
    NADIR_BIT(hlt_exiting, 7, "HLT causes VM exits")
    NADIR_BIT(invlpg_exiting, 9, "INVLPG causes VM exits")
    NADIR_BIT(mwait_exiting, 10, "MWAIT causes VM exits")
    NADIR_BIT(rdpmc_exiting, 11, "RDPMC causes VM exits")
    NADIR_BIT(rdtsc_exiting, 12, "RDTSC and RDTSCP cause VM exits")
    NADIR_BIT(cr3_load_exiting, 15, "MOV to CR3 causes VM exits (default1)")
    NADIR_BIT(cr3_store_exiting, 16, "MOV from CR3 causes VM exits (default1)")
    NADIR_BIT(activate_tertiary, 17, "the tertiary controls are used")
    NADIR_BIT(cr8_load_exiting, 19, "MOV to CR8 causes VM exits")
    NADIR_BIT(cr8_store_exiting, 20, "MOV from CR8 causes VM exits")
    NADIR_BIT(use_tpr_shadow, 21, "CR8 accesses use the virtual TPR")
    NADIR_BIT(nmi_window_exiting, 22, "VM exit as soon as an NMI could be taken")
    NADIR_BIT(mov_dr_exiting, 23, "MOV to and from debug registers cause VM exits")
    NADIR_BIT(unconditional_io_exiting, 24, "I/O instructions cause VM exits")
    NADIR_BIT(use_io_bitmaps, 25, "the I/O bitmaps decide which I/O instructions cause VM exits")
    NADIR_BIT(monitor_trap_flag, 27, "VM exit after one instruction")
    NADIR_BIT(use_msr_bitmaps, 28, "the MSR bitmaps decide which RDMSR and WRMSR cause VM exits; otherwise all do")
    NADIR_BIT(monitor_exiting, 29, "MONITOR causes VM exits")
    NADIR_BIT(pause_exiting, 30, "PAUSE causes VM exits")
    NADIR_BIT(activate_secondary, 31, "the secondary controls are used")

    static constexpr std::uint32_t default1_mask = 0x0401E172;
};

struct SecondaryControls : Register<SecondaryControls, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(virtualize_apic_accesses, 0, "accesses to the APIC-access page are virtualised")
    NADIR_BIT(enable_ept, 1, "extended page tables")
    NADIR_BIT(descriptor_table_exiting, 2, "LGDT, LIDT, LLDT, LTR, SGDT, SIDT, SLDT, STR cause VM exits")
    NADIR_BIT(enable_rdtscp, 3, "RDTSCP and RDPID don't raise #UD")
    NADIR_BIT(virtualize_x2apic, 4, "x2APIC MSR accesses are virtualised")
    NADIR_BIT(enable_vpid, 5, "cached translations are tagged with the VPID")
    NADIR_BIT(wbinvd_exiting, 6, "WBINVD and WBNOINVD cause VM exits")
    NADIR_BIT(unrestricted_guest, 7, "the guest may run unpaged or in real mode")
    NADIR_BIT(apic_register_virtualization, 8, "most APIC reads are virtualised")
    NADIR_BIT(virtual_interrupt_delivery, 9, "virtual interrupts are evaluated and delivered")
    NADIR_BIT(pause_loop_exiting, 10, "PAUSE in a loop at CPL 0 causes VM exits")
    NADIR_BIT(rdrand_exiting, 11, "RDRAND causes VM exits")
    NADIR_BIT(enable_invpcid, 12, "INVPCID doesn't raise #UD")
    NADIR_BIT(enable_vm_functions, 13, "VMFUNC is enabled")
    NADIR_BIT(vmcs_shadowing, 14, "VMREAD and VMWRITE of the guest may access a shadow VMCS")
    NADIR_BIT(encls_exiting, 15, "the ENCLS-exiting bitmap applies")
    NADIR_BIT(rdseed_exiting, 16, "RDSEED causes VM exits")
    NADIR_BIT(enable_pml, 17, "page-modification logging")
    NADIR_BIT(ept_violation_ve, 18, "EPT violations may become #VE")
    NADIR_BIT(conceal_from_pt, 19, "Processor Trace shows no sign of VMX non-root operation")
    NADIR_BIT(enable_xsaves, 20, "XSAVES and XRSTORS don't raise #UD")
    NADIR_BIT(pasid_translation, 21, "ENQCMD's PASIDs are translated")
    NADIR_BIT(mode_based_execute, 22, "EPT execute permission differs for user and supervisor addresses")
    NADIR_BIT(sub_page_permissions, 23, "write permission per 128 bytes")
    NADIR_BIT(pt_guest_physical, 24, "Processor Trace writes to guest-physical addresses")
    NADIR_BIT(tsc_scaling, 25, "the TSC multiplier applies")
    NADIR_BIT(enable_user_wait_pause, 26, "TPAUSE, UMONITOR, UMWAIT don't raise #UD")
    NADIR_BIT(enable_pconfig, 27, "PCONFIG doesn't raise #UD")
    NADIR_BIT(enclv_exiting, 28, "the ENCLV-exiting bitmap applies")
    NADIR_BIT(bus_lock_detection, 30, "a bus lock causes a VM exit")
    NADIR_BIT(instruction_timeout, 31, "an instruction that takes too long causes a VM exit")
};

struct TertiaryControls : Register<TertiaryControls, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(loadiwkey_exiting, 0, "LOADIWKEY causes VM exits")
    NADIR_BIT(enable_hlat, 1, "hypervisor-managed linear-address translation")
    NADIR_BIT(ept_paging_write, 2, "EPT may allow writes by the page walk alone")
    NADIR_BIT(guest_paging_verification, 3, "EPT may demand that a page is reached by paging-write pages only")
    NADIR_BIT(ipi_virtualization, 4, "interprocessor interrupts are virtualised")
    NADIR_BIT(enable_msr_list, 6, "RDMSRLIST and WRMSRLIST don't raise #UD")
    NADIR_BIT(virtualize_spec_ctrl, 7, "IA32_SPEC_CTRL is masked and shadowed")
    NADIR_BIT(apic_timer_virtualization, 8, "the APIC timer's deadline is virtualised")
};

} // namespace nadir::arch
