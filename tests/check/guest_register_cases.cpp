// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks the rules on the guest's registers that are no segments, and on its non-register state.
#include "tests/check/entry_cases.h"

namespace nadir::test {

using namespace arch::vmcs;

std::vector<Case> guest_register_cases() {
    return {
        {"guest.cr0.fixed", [](State& s) { s.flip(guest_cr0.encoding, 0x20); }},
        {"guest.cr0.pg-needs-pe",
         [](State& s) {
             s.vmcs = vmcs_real();
             s.flip(guest_cr0.encoding, 1u << 31);
         }},
        {"guest.cr4.fixed", [](State& s) { s.flip(guest_cr4.encoding, 0x2000); }},
        {"guest.cet-needs-wp",
         [](State& s) {
             s.flip(guest_cr4.encoding, 1u << 23);
             s.flip(guest_cr0.encoding, 1u << 16);
         }},
        {"guest.debugctl", [](State& s) { s.set(guest_debugctl.encoding, 8); }},
        {"guest.ia32e-needs-paging", [](State& s) { s.flip(guest_cr4.encoding, 0x20); }},
        {"guest.pcide-needs-ia32e",
         [](State& s) {
             s.vmcs = vmcs_pae();
             s.flip(guest_cr4.encoding, 1u << 17);
         }},
        {"guest.cr3", [](State& s) { s.flip(guest_cr3.encoding, high); }},
        {"guest.dr7", [](State& s) { s.flip(guest_dr7.encoding, 1ull << 32); }},
        {"guest.sysenter-esp", [](State& s) { s.set(guest_sysenter_esp.encoding, not_canonical); }},
        {"guest.sysenter-eip", [](State& s) { s.set(guest_sysenter_eip.encoding, not_canonical); }},
        {"guest.perf-global-ctrl",
         [](State& s) {
             s.entry(1u << 13);
             s.set(guest_perf_global_ctrl.encoding, 1ull << 35);
         }},
        {"guest.pat", [](State& s) { s.set(guest_pat.encoding, 0x0300); }},
        {"guest.efer.reserved", [](State& s) { s.flip(guest_efer.encoding, 1u << 12); }},
        {"guest.efer.lma", [](State& s) { s.flip(guest_efer.encoding, 0x500); }},
        {"guest.efer.lme", [](State& s) { s.flip(guest_efer.encoding, 0x100); }},
        {"guest.bndcfgs",
         [](State& s) {
             s.entry(1u << 16);
             s.set(guest_bndcfgs.encoding, 4);
         }},
        {"guest.s-cet",
         [](State& s) {
             s.entry(1u << 20);
             s.set(guest_s_cet.encoding, 0xC00);
         }},
        {"guest.interrupt-ssp-table",
         [](State& s) {
             s.entry(1u << 20);
             s.set(guest_interrupt_ssp_table.encoding, not_canonical);
         }},
        {"guest.pkrs",
         [](State& s) {
             s.entry(1u << 22);
             s.set(guest_pkrs.encoding, 1ull << 40);
         }},
        {"guest.gdtr.base", [](State& s) { s.set(guest_gdtr_base.encoding, not_canonical); }},
        {"guest.idtr.base", [](State& s) { s.set(guest_idtr_base.encoding, not_canonical); }},
        {"guest.gdtr.limit", [](State& s) { s.set(guest_gdtr_limit.encoding, 0x10000); }},
        {"guest.idtr.limit", [](State& s) { s.set(guest_idtr_limit.encoding, 0x10000); }},
        {"guest.rip.32",
         [](State& s) {
             s.vmcs = vmcs_compatibility();
             s.set(guest_rip.encoding, 1ull << 32);
         }},
        {"guest.rip.64", [](State& s) { s.set(guest_rip.encoding, not_canonical); }},
        {"guest.rflags.reserved", [](State& s) { s.set(guest_rflags.encoding, 0); }},
        {"guest.rflags.vm", [](State& s) { s.flip(guest_rflags.encoding, 1u << 17); }},
        // Virtual-8086 mode with all that belongs to it, but for protection.
        {"guest.rflags.vm",
         [](State& s) {
             s.vmcs = vmcs_virtual_8086();
             make_unrestricted(s.vmcs);
             s.set(guest_cr0.encoding, 0x30);
         }},
        {"guest.rflags.if",
         [](State& s) {
             s.inject(0, 32);
             s.flip(guest_rflags.encoding, 0x200);
         }},
        {"guest.ssp.alignment",
         [](State& s) {
             s.entry(1u << 20);
             s.set(guest_ssp.encoding, 1);
         }},
        {"guest.ssp.32",
         [](State& s) {
             s.vmcs = vmcs_compatibility();
             s.entry(1u << 20);
             s.set(guest_ssp.encoding, 1ull << 33);
         }},
        {"guest.ssp.64",
         [](State& s) {
             s.entry(1u << 20);
             s.set(guest_ssp.encoding, not_canonical);
         }},
    };
}

std::vector<Case> non_register_cases() {
    constexpr std::uint32_t activity = guest_activity_state.encoding;
    constexpr std::uint32_t interruptibility = guest_interruptibility.encoding;
    constexpr std::uint32_t pending = guest_pending_debug.encoding;
    return {
        {"guest.activity.supported", [](State& s) { s.set(activity, 4); }},
        {"guest.activity.hlt-cpl",
         [](State& s) {
             s.vmcs = vmcs_halted();
             s.flip(guest_ss_access_rights.encoding, 0x60);
         }},
        {"guest.activity.hlt-cpl",
         [](State& s) {
             s.vmcs = vmcs_halted();
             run_at_cpl_3(s.vmcs);
         }},
        {"guest.activity.shadow",
         [](State& s) {
             s.vmcs = vmcs_halted();
             s.set(interruptibility, 1);
         }},
        {"guest.activity.injection",
         [](State& s) {
             s.vmcs = vmcs_wait_for_sipi();
             s.inject(2, 2);
         }},
        {"guest.interruptibility.reserved", [](State& s) { s.set(interruptibility, 0x20); }},
        {"guest.interruptibility.sti-or-mov-ss", [](State& s) { s.set(interruptibility, 3); }},
        {"guest.interruptibility.sti-needs-if",
         [](State& s) {
             s.set(interruptibility, 1);
             s.set(guest_rflags.encoding, 2);
         }},
        {"guest.interruptibility.external",
         [](State& s) {
             s.inject(0, 32);
             s.set(interruptibility, 2);
         }},
        {"guest.interruptibility.nmi-mov-ss",
         [](State& s) {
             s.inject(2, 2);
             s.set(interruptibility, 2);
         }},
        {"guest.interruptibility.smi", [](State& s) { s.set(interruptibility, 4); }},
        {"guest.interruptibility.nmi-virtual",
         [](State& s) {
             s.pin(1u << 3 | 1u << 5);
             s.inject(2, 2);
             s.set(interruptibility, 8);
         }},
        {"guest.interruptibility.enclave", [](State& s) { s.set(interruptibility, 0x12); }},
        {"guest.pending-debug.reserved", [](State& s) { s.set(pending, 0x10); }},
        {"guest.pending-debug.bs-missing",
         [](State& s) {
             s.set(interruptibility, 2);
             s.flip(guest_rflags.encoding, 0x100);
         }},
        {"guest.pending-debug.bs-unwanted",
         [](State& s) {
             s.set(interruptibility, 1);
             s.set(pending, 0x4000);
         }},
        {"guest.pending-debug.rtm", [](State& s) { s.set(pending, 0x10000); }},
        {"guest.link-pointer.address", [](State& s) { s.set(link_pointer.encoding, 0xFFFF'FFFF); }},
        {"guest.link-pointer.revision",
         [](State& s) {
             s.set(link_pointer.encoding, 0x8000);
             s.memory[0x8000] = 0x8000'0004; // a shadow VMCS, without VMCS shadowing
         }},
        {"guest.pdpte0",
         [](State& s) {
             s.vmcs = vmcs_pae();
             s.set(guest_pdpte0.encoding, 0x7003);
         }},
        {"guest.pdpte1",
         [](State& s) {
             s.vmcs = vmcs_pae();
             s.set(guest_pdpte1.encoding, high | 1);
         }},
        {"guest.pdpte2",
         [](State& s) { // without EPT they are in memory
             s.vmcs = vmcs_pae();
             s.no_ept();
             s.memory[0x1010] = 0x21;
         }},
        {"guest.pdpte3",
         [](State& s) {
             s.vmcs = vmcs_pae();
             s.set(guest_pdpte3.encoding, 0x101);
         }},
    };
}

} // namespace nadir::test
