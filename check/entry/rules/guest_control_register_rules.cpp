// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Guest Control Registers, Debug Registers, and MSRs"]
#include "check/entry/groups.h"
#include "check/entry/rules/register_values.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

// Bits of IA32_DEBUGCTL that some processor has; which of them this one has, no CPUID leaf says completely.
constexpr std::uint64_t debugctl_bits = arch::DebugCtl::reserved_mask == 0 ? ~0ull : ~arch::DebugCtl::reserved_mask;

constexpr EntryRule rules[] = {
    {"guest.cr0.fixed",
     "CR0 has the bits that IA32_VMX_CR0_FIXED0 and FIXED1 demand (PE and PG are free for an unrestricted guest)",
     "FIXED0's bits must be 1 (NE is one: hide it from a guest by mask and read shadow); what FIXED1 lacks must be 0",
     fields(guest_cr0, secondary_controls),
     [](const EntryContext& c) {
         const std::uint64_t free = cr0_unchecked | (c.unrestricted() ? arch::Cr0::pe_mask | arch::Cr0::pg_mask : 0);
         return Breach::of_bits(
             unfixed(c.get(guest_cr0).value, c.msr(msr::vmx_cr0_fixed0), c.msr(msr::vmx_cr0_fixed1)) & ~free);
     }},
    {"guest.cr0.pg-needs-pe", "CR0.PG needs CR0.PE", "Real mode of an unrestricted guest has neither",
     fields(guest_cr0),
     [](const EntryContext& c) { return Breach::when(c.get(guest_cr0).pg() && !c.get(guest_cr0).pe()); }},
    {"guest.cr4.fixed", "CR4 has the bits that IA32_VMX_CR4_FIXED0 and FIXED1 demand",
     "FIXED0's bits must be 1 (VMXE is one: hide it from a guest by mask and read shadow); what FIXED1 lacks, this processor doesn't have: clear it",
     fields(guest_cr4),
     [](const EntryContext& c) {
         return Breach::of_bits(
             unfixed(c.get(guest_cr4).value, c.msr(msr::vmx_cr4_fixed0), c.msr(msr::vmx_cr4_fixed1)));
     }},
    {"guest.cet-needs-wp", "CR4.CET needs CR0.WP", "Set CR0.WP with CR4.CET, as MOV to CR4 would have demanded",
     fields(guest_cr4, guest_cr0),
     [](const EntryContext& c) { return Breach::when(c.get(guest_cr4).cet() && !c.get(guest_cr0).wp()); }},
    {"guest.debugctl", "IA32_DEBUGCTL sets no reserved bit", "Write the value that RDMSR returned",
     fields(guest_debugctl, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_debug_controls() ? c.get(guest_debugctl).value & ~debugctl_bits : 0);
     }},
    {"guest.ia32e-needs-paging", "\"IA-32e mode guest\" needs CR0.PG and CR4.PAE",
     "64-bit mode is entered with CR0.PG and CR4.PAE set: set them, or clear bit 9 of the entry controls",
     fields(entry_controls, guest_cr0, guest_cr4),
     [](const EntryContext& c) {
         return Breach::when(c.ia32e() && !(c.get(guest_cr0).pg() && c.get(guest_cr4).pae()));
     }},
    {"guest.pcide-needs-ia32e", "CR4.PCIDE needs \"IA-32e mode guest\"",
     "Set bit 9 of the entry controls if the guest is in 64-bit mode, or clear CR4.PCIDE",
     fields(guest_cr4, entry_controls),
     [](const EntryContext& c) { return Breach::when(!c.ia32e() && c.get(guest_cr4).pcide()); }},
    {"guest.cr3", "CR3 lies within the physical-address width",
     "Bit 63, which MOV to CR3 takes for \"don't flush\", isn't part of CR3; the rest is a guest-physical address",
     fields(guest_cr3), [](const EntryContext& c) { return Breach::of_bits(bad_cr3_bits(c, c.get(guest_cr3))); }},
    {"guest.dr7", "bits 63:32 of DR7 are 0", "Write 400H where no breakpoint is set", fields(guest_dr7, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_debug_controls() ? c.get(guest_dr7).value & ~base::low_mask(32) : 0);
     }},
    {"guest.sysenter-esp", "IA32_SYSENTER_ESP is canonical",
     "Write what RDMSR returned; 0 will do for a guest that doesn't use it", fields(guest_sysenter_esp),
     [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(guest_sysenter_esp))); }},
    {"guest.sysenter-eip", "IA32_SYSENTER_EIP is canonical",
     "Write what RDMSR returned; 0 will do for a guest that doesn't use it", fields(guest_sysenter_eip),
     [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(guest_sysenter_eip))); }},
    {"guest.perf-global-ctrl", "IA32_PERF_GLOBAL_CTRL sets no reserved bit",
     "One bit per counter of CPUID leaf AH: keep those", fields(guest_perf_global_ctrl, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(
             c.entry().load_perf_global_ctrl() ? c.get(guest_perf_global_ctrl).value & ~perf_global_ctrl_bits(c) : 0);
     }},
    {"guest.pat", "each byte of IA32_PAT is a memory type (0, 1, 4, 5, 6, 7)",
     "Read IA32_PAT and write it into the field", fields(guest_pat, entry_controls),
     [](const EntryContext& c) { return Breach::when(c.entry().load_pat() && !c.get(guest_pat).types_valid()); }},
    {"guest.efer.reserved", "IA32_EFER sets no reserved bit",
     "SCE, LME, LMA and NXE are all that Intel processors have", fields(guest_efer, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_efer() ? c.get(guest_efer).value & ~efer_bits(c) : 0);
     }},
    {"guest.efer.lma", "IA32_EFER.LMA equals \"IA-32e mode guest\"",
     "Set both when the guest switches paging on with EFER.LME = 1", fields(guest_efer, entry_controls),
     [](const EntryContext& c) { return Breach::when(c.entry().load_efer() && c.get(guest_efer).lma() != c.ia32e()); }},
    {"guest.efer.lme", "with CR0.PG, IA32_EFER.LME equals LMA",
     "LMA and LME agree while CR0.PG is 1: write D01H for a 64-bit guest",
     fields(guest_efer, guest_cr0, entry_controls),
     [](const EntryContext& c) {
         return Breach::when(c.entry().load_efer() && c.get(guest_cr0).pg() &&
                             c.get(guest_efer).lme() != c.get(guest_efer).lma());
     }},
    {"guest.bndcfgs", "IA32_BNDCFGS has a canonical base and no reserved bit", "Write 0 where MPX isn't used",
     fields(guest_bndcfgs, entry_controls),
     [](const EntryContext& c) {
         if (!c.entry().load_bndcfgs()) {
             return Breach{};
         }
         const std::uint64_t value = c.get(guest_bndcfgs).value;
         return Breach{(value & 0xFFC) != 0 || !c.canonical(value & ~base::low_mask(12)), value & 0xFFC};
     }},
    {"guest.s-cet", "IA32_S_CET is canonical and sets neither reserved bits nor both suppress and wait",
     "Write what RDMSR of IA32_S_CET returned", fields(guest_s_cet, entry_controls),
     [](const EntryContext& c) {
         return c.entry().load_cet_state() ? bad_cet_control(c, c.get(guest_s_cet)) : Breach{};
     }},
    {"guest.interrupt-ssp-table", "IA32_INTERRUPT_SSP_TABLE_ADDR is canonical",
     "Write what RDMSR returned; 0 where shadow stacks aren't used", fields(guest_interrupt_ssp_table, entry_controls),
     [](const EntryContext& c) {
         return Breach::when(c.entry().load_cet_state() && !c.canonical(c.get(guest_interrupt_ssp_table)));
     }},
    {"guest.pkrs", "bits 63:32 of IA32_PKRS are 0", "It is a 32-bit value", fields(guest_pkrs, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_pkrs() ? c.get(guest_pkrs).value & ~base::low_mask(32) : 0);
     }},
};

} // namespace

std::span<const EntryRule> guest_control_register_rules() { return rules; }

} // namespace nadir::check
