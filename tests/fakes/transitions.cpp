// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What VM entries load and VM exits save and load. [SDM3 "VM Entries"] [SDM3 "VM Exits"]
#include "arch/control_registers.h"
#include "arch/vmx/fields.h"
#include "tests/fakes/machine.h"
#include "tests/fakes/processor_setup.h"

namespace nadir::fake {

using namespace arch;

namespace {

// Bits of CR0 that neither VM entries nor VM exits load. [SDM3 "Loading Guest Control Registers, Debug Registers, and MSRs"]
constexpr uint64_t cr0_kept = Cr0::cd_mask | Cr0::nw_mask | Cr0::et_mask;

uint64_t with_kept_bits(uint64_t now, uint64_t loaded) { return (now & cr0_kept) | (loaded & ~cr0_kept); }

} // namespace

void Machine::save_guest_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const ExitControls controls{static_cast<uint32_t>(field(f::exit_controls))};
    field(f::guest_cr0) = s.cr0;
    field(f::guest_cr3) = s.cr3;
    field(f::guest_cr4) = s.cr4;
    field(f::guest_rflags) = s.rflags;
    if (controls.save_debug_controls()) {
        field(f::guest_dr7) = s.dr7;
        field(f::guest_debugctl) = s.msr[number::debugctl];
    }
    if (controls.save_efer()) {
        field(f::guest_efer) = s.msr[number::efer];
    }
    if (controls.save_pat()) {
        field(f::guest_pat) = s.msr[number::pat];
    }
    field(f::guest_sysenter_cs) = s.msr[number::sysenter_cs];
    field(f::guest_sysenter_esp) = s.msr[number::sysenter_esp];
    field(f::guest_sysenter_eip) = s.msr[number::sysenter_eip];
    field(f::guest_gdtr_base) = s.gdtr.base;
    field(f::guest_gdtr_limit) = s.gdtr.limit;
    field(f::guest_idtr_base) = s.idtr.base;
    field(f::guest_idtr_limit) = s.idtr.limit;
    field(f::guest_fs_base) = s.msr[number::fs_base];
    field(f::guest_gs_base) = s.msr[number::gs_base];
    field(f::guest_es_selector) = s.es;
    field(f::guest_cs_selector) = s.cs;
    field(f::guest_ss_selector) = s.ss;
    field(f::guest_ds_selector) = s.ds;
    field(f::guest_fs_selector) = s.fs;
    field(f::guest_gs_selector) = s.gs;
    field(f::guest_ldtr_selector) = s.ldtr;
    field(f::guest_tr_selector) = s.tr;
    // The processor clears the valid bit when it exits.
    field(f::entry_interruption_information) &= ~uint64_t{InterruptionInformation::valid_mask};
}

void Machine::load_host_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const ExitControls controls{static_cast<uint32_t>(field(f::exit_controls))};
    s.cr0 = with_kept_bits(s.cr0, field(f::host_cr0));
    s.cr3 = field(f::host_cr3);
    s.cr4 = field(f::host_cr4);
    s.dr7 = 0x400;
    s.msr[number::debugctl] = 0;
    if (controls.load_efer()) {
        s.msr[number::efer] = field(f::host_efer);
    }
    if (controls.load_pat()) {
        s.msr[number::pat] = field(f::host_pat);
    }
    s.msr[number::sysenter_cs] = field(f::host_sysenter_cs);
    s.msr[number::sysenter_esp] = field(f::host_sysenter_esp);
    s.msr[number::sysenter_eip] = field(f::host_sysenter_eip);
    s.msr[number::fs_base] = field(f::host_fs_base);
    s.msr[number::gs_base] = field(f::host_gs_base);
    s.gdtr = {0xFFFF, field(f::host_gdtr_base)};
    s.idtr = {0xFFFF, field(f::host_idtr_base)};
    s.es = static_cast<uint16_t>(field(f::host_es_selector));
    s.cs = static_cast<uint16_t>(field(f::host_cs_selector));
    s.ss = static_cast<uint16_t>(field(f::host_ss_selector));
    s.ds = static_cast<uint16_t>(field(f::host_ds_selector));
    s.fs = static_cast<uint16_t>(field(f::host_fs_selector));
    s.gs = static_cast<uint16_t>(field(f::host_gs_selector));
    s.tr = static_cast<uint16_t>(field(f::host_tr_selector));
    s.ldtr = 0;
    s.rflags = 2;
}

void Machine::load_guest_state() {
    namespace f = arch::vmcs;
    State& s = state();
    const EntryControls controls{static_cast<uint32_t>(field(f::entry_controls))};
    s.cr0 = with_kept_bits(s.cr0, field(f::guest_cr0));
    s.cr3 = field(f::guest_cr3);
    s.cr4 = field(f::guest_cr4);
    s.rflags = field(f::guest_rflags);
    if (controls.load_debug_controls()) {
        s.dr7 = field(f::guest_dr7);
        s.msr[number::debugctl] = field(f::guest_debugctl);
    }
    if (controls.load_efer()) {
        s.msr[number::efer] = field(f::guest_efer);
    }
    if (controls.load_pat()) {
        s.msr[number::pat] = field(f::guest_pat);
    }
    s.msr[number::sysenter_cs] = field(f::guest_sysenter_cs);
    s.msr[number::sysenter_esp] = field(f::guest_sysenter_esp);
    s.msr[number::sysenter_eip] = field(f::guest_sysenter_eip);
    s.msr[number::fs_base] = field(f::guest_fs_base);
    s.msr[number::gs_base] = field(f::guest_gs_base);
    s.gdtr = {static_cast<uint16_t>(field(f::guest_gdtr_limit)), field(f::guest_gdtr_base)};
    s.idtr = {static_cast<uint16_t>(field(f::guest_idtr_limit)), field(f::guest_idtr_base)};
    s.es = static_cast<uint16_t>(field(f::guest_es_selector));
    s.cs = static_cast<uint16_t>(field(f::guest_cs_selector));
    s.ss = static_cast<uint16_t>(field(f::guest_ss_selector));
    s.ds = static_cast<uint16_t>(field(f::guest_ds_selector));
    s.fs = static_cast<uint16_t>(field(f::guest_fs_selector));
    s.gs = static_cast<uint16_t>(field(f::guest_gs_selector));
    s.ldtr = static_cast<uint16_t>(field(f::guest_ldtr_selector));
    s.tr = static_cast<uint16_t>(field(f::guest_tr_selector));
}

} // namespace nadir::fake
