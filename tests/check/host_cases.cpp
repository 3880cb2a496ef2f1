// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks the rules on the host's state.
#include "tests/check/entry_cases.h"

namespace nadir::test {

using namespace arch::vmcs;

namespace {

void become_32_bit_host(State& s) {
    s.vmcs = vmcs_pae();
    s.caps.set_msr(msr::efer, 0);
    s.flip(exit_controls.encoding, 1u << 9);
    s.set(host_rip.encoding, 0x20'0000);
    s.set(host_efer.encoding, 0x800);
}

} // namespace

std::vector<Case> host_cases() {
    std::vector<Case> cases = {
        {"host.cr0.fixed", [](State& s) { s.flip(host_cr0.encoding, 0x20); }},
        {"host.cr4.fixed", [](State& s) { s.flip(host_cr4.encoding, 0x2000); }},
        {"host.cet-needs-wp",
         [](State& s) {
             s.flip(host_cr4.encoding, 1u << 23);
             s.flip(host_cr0.encoding, 1u << 16);
         }},
        {"host.cr3", [](State& s) { s.flip(host_cr3.encoding, high); }},
        {"host.sysenter-esp", [](State& s) { s.set(host_sysenter_esp.encoding, not_canonical); }},
        {"host.sysenter-eip", [](State& s) { s.set(host_sysenter_eip.encoding, not_canonical); }},
        {"host.perf-global-ctrl",
         [](State& s) {
             s.exit(1u << 12);
             s.set(host_perf_global_ctrl.encoding, 1u << 4);
         }},
        {"host.pat", [](State& s) { s.set(host_pat.encoding, 2); }},
        {"host.efer.reserved", [](State& s) { s.flip(host_efer.encoding, 2); }},
        {"host.efer.mode", [](State& s) { s.flip(host_efer.encoding, 0x100); }},
        {"host.s-cet",
         [](State& s) {
             s.exit(1u << 28);
             s.set(host_s_cet.encoding, 0x40);
         }},
        {"host.ssp",
         [](State& s) {
             s.exit(1u << 28);
             s.set(host_ssp.encoding, 2);
         }},
        {"host.interrupt-ssp-table",
         [](State& s) {
             s.exit(1u << 28);
             s.set(host_interrupt_ssp_table.encoding, not_canonical);
         }},
        {"host.pkrs",
         [](State& s) {
             s.exit(1u << 29);
             s.set(host_pkrs.encoding, 1ull << 32);
         }},
        {"host.cs.null", [](State& s) { s.set(host_cs_selector.encoding, 0); }},
        {"host.tr.null", [](State& s) { s.set(host_tr_selector.encoding, 0); }},
        {"host.ss.null",
         [](State& s) {
             s.flip(exit_controls.encoding, 1u << 9);
             s.set(host_ss_selector.encoding, 0);
         }},
        {"host.ss.null",
         [](State& s) {
             become_32_bit_host(s);
             s.set(host_ss_selector.encoding, 0);
         }},
        {"address-space.root-64-bit",
         [](State& s) {
             become_32_bit_host(s);
             s.caps.set_msr(msr::efer, 0xD01);
         }},
        // Where it isn't known in which mode root is, this rule is all that is left.
        {"address-space.guest-needs-host",
         [](State& s) {
             const VmcsImage guest = s.vmcs;
             become_32_bit_host(s);
             s.caps.forget_msr(msr::efer);
             s.vmcs.set(entry_controls, guest.get(entry_controls));
             s.vmcs.set(guest_efer, guest.get(guest_efer));
         }},
        {"address-space.host-pcide",
         [](State& s) {
             become_32_bit_host(s);
             s.flip(host_cr4.encoding, 1u << 17);
         }},
        {"address-space.host-rip-32",
         [](State& s) {
             become_32_bit_host(s);
             s.set(host_rip.encoding, 1ull << 32);
         }},
        {"address-space.root-not-64-bit", [](State& s) { s.caps.set_msr(msr::efer, 0); }},
        {"address-space.root-64-bit", [](State& s) { s.flip(exit_controls.encoding, 1u << 9); }},
        {"address-space.guest-needs-host", [](State& s) { s.flip(exit_controls.encoding, 1u << 9); }},
        {"address-space.host-pcide",
         [](State& s) {
             s.flip(exit_controls.encoding, 1u << 9);
             s.flip(host_cr4.encoding, 1u << 17);
         }},
        {"address-space.host-rip-32", [](State& s) { s.flip(exit_controls.encoding, 1u << 9); }},
        {"address-space.host-pae", [](State& s) { s.flip(host_cr4.encoding, 0x20); }},
        {"address-space.host-rip-64", [](State& s) { s.set(host_rip.encoding, not_canonical); }},
    };
    const std::pair<const char*, std::uint32_t> selectors[] = {
        {"host.es.selector", host_es_selector.encoding}, {"host.cs.selector", host_cs_selector.encoding},
        {"host.ss.selector", host_ss_selector.encoding}, {"host.ds.selector", host_ds_selector.encoding},
        {"host.fs.selector", host_fs_selector.encoding}, {"host.gs.selector", host_gs_selector.encoding},
        {"host.tr.selector", host_tr_selector.encoding},
    };
    for (const auto& [rule, encoding] : selectors) {
        cases.push_back({rule, [encoding = encoding](State& s) { s.flip(encoding, 3); }});
    }
    const std::pair<const char*, std::uint32_t> bases[] = {
        {"host.fs.base", host_fs_base.encoding},     {"host.gs.base", host_gs_base.encoding},
        {"host.tr.base", host_tr_base.encoding},     {"host.gdtr.base", host_gdtr_base.encoding},
        {"host.idtr.base", host_idtr_base.encoding},
    };
    for (const auto& [rule, encoding] : bases) {
        cases.push_back({rule, [encoding = encoding](State& s) { s.set(encoding, not_canonical); }});
    }
    return cases;
}

} // namespace nadir::test
