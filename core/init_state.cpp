// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The state of a processor after INIT. [SDM3 "Processor State After Reset", table "IA-32 and Intel 64 Processor States
// Following Power-up, Reset, or INIT"]
#include "arch/segments.h"
#include "arch/vmx/fields.h"
#include "core/events/system_calls.h"
#include "core/guest.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/cpuid.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmwrite;

namespace {

AccessRights real_mode_rights(uint8_t type, bool s) { return AccessRights{}.set_type(type).set_s(s).set_p(true); }

void reset_segments() {
    constexpr uint32_t limit = 0xFFFF;
    const AccessRights data = real_mode_rights(segment_type::writable | segment_type::accessed, true);
    const AccessRights code =
        real_mode_rights(segment_type::code | segment_type::readable | segment_type::accessed, true);
    const auto flat = [&](auto selector, auto base, auto limit_field, auto rights) {
        vmwrite(selector, Selector{});
        vmwrite(base, 0);
        vmwrite(limit_field, limit);
        vmwrite(rights, data);
    };
    flat(vmcs::guest_es_selector, vmcs::guest_es_base, vmcs::guest_es_limit, vmcs::guest_es_access_rights);
    flat(vmcs::guest_ss_selector, vmcs::guest_ss_base, vmcs::guest_ss_limit, vmcs::guest_ss_access_rights);
    flat(vmcs::guest_ds_selector, vmcs::guest_ds_base, vmcs::guest_ds_limit, vmcs::guest_ds_access_rights);
    flat(vmcs::guest_fs_selector, vmcs::guest_fs_base, vmcs::guest_fs_limit, vmcs::guest_fs_access_rights);
    flat(vmcs::guest_gs_selector, vmcs::guest_gs_base, vmcs::guest_gs_limit, vmcs::guest_gs_access_rights);
    vmwrite(vmcs::guest_cs_selector, Selector{0xF000});
    vmwrite(vmcs::guest_cs_base, 0xFFFF'0000);
    vmwrite(vmcs::guest_cs_limit, limit);
    vmwrite(vmcs::guest_cs_access_rights, code);
    vmwrite(vmcs::guest_ldtr_selector, Selector{});
    vmwrite(vmcs::guest_ldtr_base, 0);
    vmwrite(vmcs::guest_ldtr_limit, limit);
    vmwrite(vmcs::guest_ldtr_access_rights, real_mode_rights(segment_type::ldt, false));
    vmwrite(vmcs::guest_tr_selector, Selector{});
    vmwrite(vmcs::guest_tr_base, 0);
    vmwrite(vmcs::guest_tr_limit, limit);
    vmwrite(vmcs::guest_tr_access_rights, real_mode_rights(segment_type::tss_busy, false));
    vmwrite(vmcs::guest_gdtr_base, 0);
    vmwrite(vmcs::guest_gdtr_limit, limit);
    vmwrite(vmcs::guest_idtr_base, 0);
    vmwrite(vmcs::guest_idtr_limit, limit);
}

void reset_control_registers(const Capabilities& capabilities) {
    // CD and NW stay as they are: VM entry doesn't load them, and INIT doesn't change them.
    const Cr0 now = cpu::read_cr0();
    const Cr0 cr0 = Cr0{}.set_et(true).set_cd(now.cd()).set_nw(now.nw());
    vmwrite(vmcs::guest_cr0, Cr0{guest_cr0_fixed_bits(capabilities).adjust(cr0.value)});
    vmwrite(vmcs::cr0_read_shadow, cr0);
    vmwrite(vmcs::guest_cr3, Cr3{});
    vmwrite(vmcs::guest_cr4, Cr4{cr4_fixed_bits(capabilities).adjust(0)});
    vmwrite(vmcs::cr4_read_shadow, Cr4{});
    cpu::write_cr2(0);
}

void reset_debug_registers() {
    constexpr uint64_t dr6_after_init = 0xFFFF'0FF0;
    constexpr uint64_t dr7_after_init = 0x400;
    cpu::clear_breakpoint_addresses();
    cpu::write_dr6(dr6_after_init);
    vmwrite(vmcs::guest_dr7, Dr7{dr7_after_init});
    vmwrite(vmcs::guest_debugctl, DebugCtl{});
    vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{});
}

} // namespace

void put_guest_into_wait_for_startup(Vcpu& vcpu) {
    reset_segments();
    reset_control_registers(vcpu.place.vmm->capabilities);
    set_guest_efer(vcpu, Efer{});
    reset_debug_registers();
    EntryControls entry = vcpu.place.vmm->controls.entry;
    vmwrite(vmcs::entry_controls, entry.set_ia32e_mode_guest(false));
    vmwrite(vmcs::entry_interruption_information, InterruptionInformation{});
    vmwrite(vmcs::guest_rflags, Rflags{2});
    vmwrite(vmcs::guest_rip, 0xFFF0);
    vmwrite(vmcs::guest_rsp, 0);
    vmwrite(vmcs::guest_interruptibility, Interruptibility{});
    vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::wait_for_sipi));
    for (uint64_t& r : vcpu.registers.value) {
        r = 0;
    }
    vcpu.registers.rdx() = cpu::cpuid(1).eax; // the processor's signature
    vcpu.owed.nmi = 0;
    vcpu.interrupts.holds = false;
}

void start_guest_up(uint8_t vector) {
    vmwrite(vmcs::guest_cs_selector, Selector{static_cast<uint16_t>(vector << 8)});
    vmwrite(vmcs::guest_cs_base, uint64_t{vector} << 12);
    vmwrite(vmcs::guest_rip, 0);
    vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    // Bochs 2.7 saves "blocking by SMI" at the exit, which no entry outside SMM accepts.
    vmwrite(vmcs::guest_interruptibility, Interruptibility{});
}

} // namespace nadir::core
