// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What the processor's VMX can do: MSRs 480H to 493H. All are read-only, so their reserved bits are whatever they are.
// [SDM3 Appendix "VMX Capability Reporting Facility"]
#pragma once

#include "arch/memory_type.h"
#include "arch/register.h"

namespace nadir::arch {

struct VmxBasic : Register<VmxBasic, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, revision_identifier, 30, 0, "VMCS revision identifier")
    NADIR_FIELD(std::uint16_t, region_size, 44, 32, "bytes of a VMXON or VMCS region, at most 4096")
    NADIR_BIT(physical_width_32, 48, "regions and structures must lie below 4 GiB")
    NADIR_BIT(dual_monitor, 49, "dual-monitor treatment of SMIs")
    NADIR_FIELD(MemoryType, memory_type, 53, 50, "memory type for the VMCS and its structures")
    NADIR_BIT(ins_outs_reporting, 54, "instruction information is reported for INS and OUTS")
    NADIR_BIT(true_controls, 55, "the TRUE capability MSRs exist: some default-1 controls may be 0")
    NADIR_BIT(hardware_exceptions_any_error_code, 56, "hardware exceptions may be injected with or without error code")
    NADIR_BIT(nested_exception, 58, "nested-exception support: FRED nested exceptions are reported and injected")
};

// The MSRs of the 32-bit control vectors: a control bit may be 0 where allowed0 has 0, may be 1 where allowed1 has 1.
struct VmxControlCapability : Register<VmxControlCapability, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, allowed0, 31, 0, "controls that must be 1")
    NADIR_FIELD(std::uint32_t, allowed1, 63, 32, "controls that may be 1")

    [[nodiscard]] constexpr bool may_be_one(std::uint32_t mask) const { return (allowed1() & mask) == mask; }
    [[nodiscard]] constexpr bool may_be_zero(std::uint32_t mask) const { return (allowed0() & mask) == 0; }
    [[nodiscard]] constexpr bool permits(std::uint32_t controls) const {
        return (controls & ~allowed1()) == 0 && (allowed0() & ~controls) == 0;
    }
};

// IA32_VMX_PROCBASED_CTLS3 and IA32_VMX_EXIT_CTLS2: 64 controls, and none that must be 1.
struct VmxControlCapability64 : Register<VmxControlCapability64, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint64_t, allowed1, 63, 0, "controls that may be 1")

    [[nodiscard]] constexpr bool permits(std::uint64_t controls) const { return (controls & ~allowed1()) == 0; }
};

struct VmxMisc : Register<VmxMisc, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, preemption_timer_shift, 4, 0, "the preemption timer counts on changes of this TSC bit")
    NADIR_BIT(store_lma, 5, "VM exits store EFER.LMA into the IA-32e mode guest control")
    NADIR_BIT(activity_hlt, 6, "activity state HLT is supported")
    NADIR_BIT(activity_shutdown, 7, "activity state shutdown is supported")
    NADIR_BIT(activity_wait_for_sipi, 8, "activity state wait-for-SIPI is supported")
    NADIR_BIT(pt_in_vmx, 14, "Processor Trace may be used in VMX operation")
    NADIR_BIT(smbase_in_smm, 15, "RDMSR reads IA32_SMBASE in SMM")
    NADIR_FIELD(std::uint16_t, cr3_target_count, 24, 16, "number of CR3-target values")
    NADIR_FIELD(std::uint8_t, msr_list_size, 27, 25, "recommended maximum of an MSR list: 512 * (this + 1)")
    NADIR_BIT(smm_monitor_ctl_bit2, 28, "IA32_SMM_MONITOR_CTL bit 2 may be 1")
    NADIR_BIT(vmwrite_any_field, 29, "VMWRITE writes read-only fields too")
    NADIR_BIT(zero_length_injection, 30, "software events may be injected with instruction length 0")
    NADIR_FIELD(std::uint32_t, mseg_revision, 63, 32, "MSEG revision identifier")

    [[nodiscard]] constexpr unsigned maximum_msr_list() const { return 512u * (msr_list_size() + 1u); }
};

// The highest VMCS field index, as in bits 9:1 of an encoding.
struct VmxVmcsEnum : Register<VmxVmcsEnum, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, highest_index, 9, 1, "highest index of any VMCS field encoding")
};

struct VmxEptVpidCapability : Register<VmxEptVpidCapability, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(execute_only, 0, "EPT entries may allow execution without reading")
    NADIR_BIT(walk_length_4, 6, "EPT page-walk length 4")
    NADIR_BIT(walk_length_5, 7, "EPT page-walk length 5")
    NADIR_BIT(memory_type_uc, 8, "EPT structures may be uncacheable")
    NADIR_BIT(memory_type_wb, 14, "EPT structures may be write back")
    NADIR_BIT(page_2m, 16, "EPT 2-MiB pages")
    NADIR_BIT(page_1g, 17, "EPT 1-GiB pages")
    NADIR_BIT(invept, 20, "INVEPT")
    NADIR_BIT(accessed_dirty, 21, "EPT accessed and dirty flags")
    NADIR_BIT(advanced_violation_information, 22, "advanced exit information for EPT violations")
    NADIR_BIT(supervisor_shadow_stack, 23, "supervisor shadow-stack control in EPT")
    NADIR_BIT(invept_single_context, 25, "INVEPT single-context")
    NADIR_BIT(invept_all_context, 26, "INVEPT all-context")
    NADIR_BIT(invvpid, 32, "INVVPID")
    NADIR_BIT(invvpid_individual_address, 40, "INVVPID individual-address")
    NADIR_BIT(invvpid_single_context, 41, "INVVPID single-context")
    NADIR_BIT(invvpid_all_context, 42, "INVVPID all-context")
    NADIR_BIT(invvpid_single_retaining_globals, 43, "INVVPID single-context-retaining-globals")
    NADIR_FIELD(std::uint8_t, maximum_hlat_prefix, 53, 48, "maximum HLAT prefix size")
};

struct VmxVmfunc : Register<VmxVmfunc, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(eptp_switching, 0, "VM function 0: EPTP switching")
};

// The four FIXED MSRs: what CR0 and CR4 must look like in VMX operation. Bits set in fixed0 must be 1, bits clear in
// fixed1 must be 0. All 64 bits count.
struct VmxFixedBits {
    std::uint64_t fixed0 = 0;
    std::uint64_t fixed1 = ~std::uint64_t{0};

    [[nodiscard]] constexpr std::uint64_t must_be_one() const { return fixed0; }
    [[nodiscard]] constexpr std::uint64_t must_be_zero() const { return ~fixed1; }
    [[nodiscard]] constexpr std::uint64_t apply(std::uint64_t value) const { return (value | fixed0) & fixed1; }
    [[nodiscard]] constexpr bool permits(std::uint64_t value) const { return apply(value) == value; }
};

} // namespace nadir::arch
