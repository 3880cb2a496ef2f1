// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Host Control Registers, MSRs, and SSP"]
#include "check/entry/groups.h"
#include "check/entry/rules/register_values.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr EntryRule rules[] = {
    {"host.cr0.fixed", "the host's CR0 has the bits that IA32_VMX_CR0_FIXED0 and FIXED1 demand",
     "Write the present CR0 into the field", fields(host_cr0),
     [](const EntryContext& c) {
         return Breach::of_bits(unfixed(c.get(host_cr0).value, c.msr(msr::vmx_cr0_fixed0), c.msr(msr::vmx_cr0_fixed1)) &
                                ~cr0_unchecked);
     }},
    {"host.cr4.fixed", "the host's CR4 has the bits that IA32_VMX_CR4_FIXED0 and FIXED1 demand",
     "FIXED0's bits must be 1 (VMXE is one: hide it from a guest by mask and read shadow); what FIXED1 lacks, this processor doesn't have: clear it",
     fields(host_cr4),
     [](const EntryContext& c) {
         return Breach::of_bits(unfixed(c.get(host_cr4).value, c.msr(msr::vmx_cr4_fixed0), c.msr(msr::vmx_cr4_fixed1)));
     }},
    {"host.cet-needs-wp", "CR4.CET needs CR0.WP in the host's state", "Write the present CR0 and CR4 into the fields",
     fields(host_cr4, host_cr0),
     [](const EntryContext& c) { return Breach::when(c.get(host_cr4).cet() && !c.get(host_cr0).wp()); }},
    {"host.cr3", "the host's CR3 lies within the physical-address width",
     "Write the present CR3 into the field; it holds a physical address", fields(host_cr3),
     [](const EntryContext& c) { return Breach::of_bits(bad_cr3_bits(c, c.get(host_cr3))); }},
    {"host.sysenter-esp", "the host's IA32_SYSENTER_ESP is canonical", "Write what RDMSR of IA32_SYSENTER_ESP returns",
     fields(host_sysenter_esp),
     [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(host_sysenter_esp))); }},
    {"host.sysenter-eip", "the host's IA32_SYSENTER_EIP is canonical", "Write what RDMSR of IA32_SYSENTER_EIP returns",
     fields(host_sysenter_eip),
     [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(host_sysenter_eip))); }},
    {"host.perf-global-ctrl", "the host's IA32_PERF_GLOBAL_CTRL sets no reserved bit",
     "Write what RDMSR of IA32_PERF_GLOBAL_CTRL returns", fields(host_perf_global_ctrl, exit_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(
             c.exit().load_perf_global_ctrl() ? c.get(host_perf_global_ctrl).value & ~perf_global_ctrl_bits(c) : 0);
     }},
    {"host.pat", "each byte of the host's IA32_PAT is a memory type (0, 1, 4, 5, 6, 7)",
     "Read IA32_PAT and write it into the field", fields(host_pat, exit_controls),
     [](const EntryContext& c) { return Breach::when(c.exit().load_pat() && !c.get(host_pat).types_valid()); }},
    {"host.efer.reserved", "the host's IA32_EFER sets no reserved bit", "Write what RDMSR of IA32_EFER returns",
     fields(host_efer, exit_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.exit().load_efer() ? c.get(host_efer).value & ~efer_bits(c) : 0);
     }},
    {"host.efer.mode", "LMA and LME in the host's IA32_EFER equal \"host address-space size\"",
     "LMA and LME are both what \"host address-space size\" says: write what RDMSR of IA32_EFER returns",
     fields(host_efer, exit_controls),
     [](const EntryContext& c) {
         const bool long_mode = c.exit().host_address_space_size();
         return Breach::when(c.exit().load_efer() &&
                             (c.get(host_efer).lma() != long_mode || c.get(host_efer).lme() != long_mode));
     }},
    {"host.s-cet", "the host's IA32_S_CET is canonical and sets neither reserved bits nor both suppress and wait",
     "Write what RDMSR of IA32_S_CET returns", fields(host_s_cet, exit_controls),
     [](const EntryContext& c) {
         return c.exit().load_cet_state() ? bad_cet_control(c, c.get(host_s_cet)) : Breach{};
     }},
    {"host.ssp", "the host's SSP is canonical and 4-byte aligned",
     "Write the present SSP, or 0 where shadow stacks aren't used", fields(host_ssp, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(c.exit().load_cet_state() &&
                             ((c.get(host_ssp) & 3) != 0 || !c.canonical(c.get(host_ssp))));
     }},
    {"host.interrupt-ssp-table", "the host's IA32_INTERRUPT_SSP_TABLE_ADDR is canonical",
     "Write what RDMSR of IA32_INTERRUPT_SSP_TABLE_ADDR returns", fields(host_interrupt_ssp_table, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(c.exit().load_cet_state() && !c.canonical(c.get(host_interrupt_ssp_table)));
     }},
    {"host.pkrs", "bits 63:32 of the host's IA32_PKRS are 0", "Write what RDMSR of IA32_PKRS returns",
     fields(host_pkrs, exit_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.exit().load_pkrs() ? c.get(host_pkrs).value & ~base::low_mask(32) : 0);
     }},
};

} // namespace

std::span<const EntryRule> host_control_register_rules() { return rules; }

} // namespace nadir::check
