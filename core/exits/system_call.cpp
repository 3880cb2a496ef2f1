// SPDX-License-Identifier: MIT OR GPL-2.0-only
// SYSCALL and SYSRET while they are watched (core/events/system_calls.h), as the processor does them in 64-bit mode.
// [SDM2 "SYSCALL", "SYSRET"] A single step behind either of them is decided by the new RFLAGS.TF: a system that masks TF by
// IA32_FMASK takes none at its entry.
#include "arch/msr/cet.h"
#include "arch/msr/index.h"
#include "arch/msr/system_call.h"
#include "arch/vmx/fields.h"
#include "core/events/system_calls.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

constexpr uint32_t whole_limit = 0xFFFF'FFFF;

void load_flat_segments(uint16_t code, uint16_t data, uint8_t level, bool code_is_64_bit) {
    const auto rights = [&](uint8_t type) {
        return AccessRights{}.set_type(type).set_s(true).set_dpl(level).set_p(true);
    };
    constexpr uint8_t code_type = segment_type::code | segment_type::readable | segment_type::accessed;
    constexpr uint8_t data_type = segment_type::writable | segment_type::accessed;
    vmwrite(vmcs::guest_cs_selector, Selector{code}.set_rpl(level));
    vmwrite(vmcs::guest_cs_base, 0);
    vmwrite(vmcs::guest_cs_limit, whole_limit);
    vmwrite(vmcs::guest_cs_access_rights, rights(code_type).set_l(code_is_64_bit).set_db(!code_is_64_bit).set_g(true));
    vmwrite(vmcs::guest_ss_selector, Selector{data}.set_rpl(level));
    vmwrite(vmcs::guest_ss_base, 0);
    vmwrite(vmcs::guest_ss_limit, whole_limit);
    vmwrite(vmcs::guest_ss_access_rights, rights(data_type).set_db(true).set_g(true));
}

// The instruction is over: what holds for the next one.
void go_on_at(uint64_t rip, Rflags flags) {
    vmwrite(vmcs::guest_rip, rip);
    vmwrite(vmcs::guest_rflags, flags);
    vmwrite(vmcs::guest_interruptibility, vmread(vmcs::guest_interruptibility).clear_instruction_shadow());
    if (flags.tf()) {
        vmwrite(vmcs::guest_pending_debug, vmread(vmcs::guest_pending_debug).set_bs(true));
    }
}

// Control-flow enforcement, where the guest has turned it on.
void leave_user_shadow_stack(unsigned level) {
    const CetControl user{cpu::read_msr(Msr::ia32_u_cet)};
    CetControl supervisor = vmread(vmcs::guest_s_cet);
    if (level == 3 ? user.shadow_stack() : supervisor.shadow_stack()) {
        cpu::write_msr(Msr::ia32_pl3_ssp, vmread(vmcs::guest_ssp));
    }
    if (supervisor.shadow_stack()) {
        vmwrite(vmcs::guest_ssp, 0);
    }
    if (supervisor.indirect_branch_tracking()) {
        vmwrite(vmcs::guest_s_cet, supervisor.set_wait_for_endbranch(true).set_suppress(false));
    }
}

void return_to_user_shadow_stack() {
    if (CetControl{cpu::read_msr(Msr::ia32_u_cet)}.shadow_stack()) {
        vmwrite(vmcs::guest_ssp, cpu::read_msr(Msr::ia32_pl3_ssp));
    }
}

Outcome do_system_call(Vcpu& vcpu, const SystemInstruction& instruction) {
    GuestRegisters& r = vcpu.registers;
    const Rflags flags = Rflags{vmread(vmcs::guest_rflags)}.set_rf(false); // the exit, a fault, has set it
    r.rcx() = vmread(vmcs::guest_rip) + instruction.length;
    r.r11() = flags.value;
    const Star star{cpu::read_msr(Msr::ia32_star)};
    if (vmread(vmcs::guest_cr4).cet()) {
        leave_user_shadow_stack(guest_privilege_level());
    }
    load_flat_segments(star.syscall_selector(), static_cast<uint16_t>(star.syscall_selector() + 8), 0, true);
    const uint64_t masked = flags.value & ~cpu::read_msr(Msr::ia32_fmask);
    go_on_at(cpu::read_msr(Msr::ia32_lstar), Rflags{masked | Rflags::reserved_ones});
    return Outcome::retry;
}

bool is_canonical(uint64_t address) {
    const unsigned unused = vmread(vmcs::guest_cr4).la57() ? 64 - 57 : 64 - 48;
    return static_cast<uint64_t>(static_cast<int64_t>(address << unused) >> unused) == address;
}

Outcome do_system_return(Vcpu& vcpu, const SystemInstruction& instruction) {
    GuestRegisters& r = vcpu.registers;
    if (guest_privilege_level() != 0 || (instruction.wide && !is_canonical(r.rcx()))) {
        return Outcome::general_protection;
    }
    const Star star{cpu::read_msr(Msr::ia32_star)};
    const uint16_t base = star.sysret_selector();
    load_flat_segments(static_cast<uint16_t>(instruction.wide ? base + 16 : base), static_cast<uint16_t>(base + 8), 3,
                       instruction.wide);
    if (vmread(vmcs::guest_cr4).cet()) {
        return_to_user_shadow_stack();
    }
    // [SDM2 "SYSRET"]: R11 AND 3C7FD7H
    constexpr uint64_t loaded = Rflags::fields_mask & ~uint64_t{Rflags::rf_mask | Rflags::vm_mask};
    const uint64_t rip = instruction.wide ? r.rcx() : r.rcx() & 0xFFFF'FFFF;
    go_on_at(rip, Rflags{(r.r11() & loaded) | Rflags::reserved_ones});
    return Outcome::retry;
}

} // namespace

Outcome system_instruction(Vcpu& vcpu, const SystemInstruction& instruction) {
    return instruction.kind == SystemInstruction::Kind::system_call ? do_system_call(vcpu, instruction)
                                                                    : do_system_return(vcpu, instruction);
}

} // namespace nadir::core::exits
