// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The exit loop's C++ half: decode the reason once, one switch to one function, then do with the guest what the function
// says. The other half is cpu/exit.S.
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "core/recorder.h"
#include "core/root/fault_report.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/exit_path.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::BasicExitReason;
using cpu::vmread;

namespace {

// cpu/exit.S against the definitions.
static_assert(NADIR_FIELD_EXIT_REASON == arch::vmcs::exit_reason.encoding);
static_assert(NADIR_FIELD_INSTRUCTION_LENGTH == arch::vmcs::exit_instruction_length.encoding);
static_assert(NADIR_FIELD_INTERRUPTIBILITY == arch::vmcs::guest_interruptibility.encoding);
static_assert(NADIR_FIELD_GUEST_RIP == arch::vmcs::guest_rip.encoding);
static_assert(NADIR_FIELD_GUEST_RFLAGS == arch::vmcs::guest_rflags.encoding);
static_assert(NADIR_EXIT_REASON_CPUID == static_cast<uint32_t>(BasicExitReason::cpuid));
static_assert(NADIR_RFLAGS_TF_RF == (arch::Rflags::tf_mask | arch::Rflags::rf_mask));
static_assert(NADIR_INSTRUCTION_SHADOW ==
              (arch::Interruptibility::blocking_by_sti_mask | arch::Interruptibility::blocking_by_mov_ss_mask));
static_assert(NADIR_VCPU_REGISTER_BYTES == sizeof(GuestRegisters));
static_assert(NADIR_VCPU_RDX == offsetof(GuestRegisters, value) + 2 * sizeof(uint64_t));
static_assert(NADIR_VCPU_RBX == offsetof(GuestRegisters, value) + 3 * sizeof(uint64_t));
static_assert(NADIR_VCPU_CPUID_EXITS == offsetof(Vcpu, exits) + NADIR_EXIT_REASON_CPUID * sizeof(uint64_t));

// What the usual system never does: apart, so that the comparisons on the others' way don't become more.
[[gnu::noinline]] Outcome handle_rare(Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
    case BasicExitReason::task_switch: return exits::task_switch(vcpu);
    default: return Outcome::unexpected;
    }
}

Outcome handle(Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
    case BasicExitReason::cpuid: return exits::cpuid(vcpu);
    case BasicExitReason::rdmsr: return exits::rdmsr(vcpu);
    case BasicExitReason::wrmsr: return exits::wrmsr(vcpu);
    case BasicExitReason::xsetbv: return exits::xsetbv(vcpu);
    case BasicExitReason::control_register_access: return exits::control_register(vcpu);
    case BasicExitReason::ept_violation: return exits::ept_violation(vcpu);
    case BasicExitReason::invd:
        // Without writing back, the system's memory would lose what root mode and other devices' drivers left in the
        // caches. WBINVD keeps all of INVD's promises, for INVD makes none about what was not written back.
        cpu::write_back_and_invalidate_caches();
        return Outcome::advance;
    case BasicExitReason::vmcall: return exits::vmcall(vcpu);
    case BasicExitReason::vmxon: return exits::vmxon(vcpu);
    case BasicExitReason::vmclear:
    case BasicExitReason::vmlaunch:
    case BasicExitReason::vmptrld:
    case BasicExitReason::vmptrst:
    case BasicExitReason::vmread:
    case BasicExitReason::vmresume:
    case BasicExitReason::vmwrite:
    case BasicExitReason::vmxoff:
    case BasicExitReason::invept:
    case BasicExitReason::invvpid: // outside VMX operation, where the guest believes to be
    case BasicExitReason::getsec:  // safer mode extensions need the processor without a hypervisor
        return Outcome::invalid_opcode;
    case BasicExitReason::exception_or_nmi: return exits::nmi(vcpu);
    case BasicExitReason::nmi_window: return exits::nmi_window(vcpu);
    case BasicExitReason::init_signal: return exits::init_signal(vcpu);
    case BasicExitReason::startup_ipi: return exits::startup_ipi(vcpu);
    case BasicExitReason::triple_fault: return exits::triple_fault(vcpu);
    default: return handle_rare(vcpu, reason);
    }
}

} // namespace

extern "C" {

// From cpu/exit.S with the guest's registers saved. Returns 0 to resume the guest, 1 to leave VMX operation.
NADIR_CPU_ABI uint32_t nadir_handle_exit(Vcpu* vcpu_pointer) {
    Vcpu& vcpu = *vcpu_pointer;
    const arch::ExitReason reason = vmread(arch::vmcs::exit_reason);
    nadir_exit_record* const record = begin_record(vcpu, reason);
    if (reason.entry_failure()) [[unlikely]] {
        const uint32_t answer = on_entry_failure(vcpu, reason);
        finish_record(record, Outcome::leave);
        return answer;
    }
    const uint32_t number = static_cast<uint32_t>(reason.basic());
    ++vcpu.exits[number < NADIR_EXIT_REASONS ? number : NADIR_EXIT_REASONS - 1];

    const Outcome outcome = handle(vcpu, reason.basic());
    switch (outcome) {
    case Outcome::advance:
    case Outcome::leave: advance_guest(); break;
    case Outcome::retry: break;
    case Outcome::invalid_opcode: inject_fault(arch::Vector::invalid_opcode); break;
    case Outcome::general_protection: inject_fault(arch::Vector::general_protection, 0); break;
    case Outcome::unexpected: finish_record(record, outcome); stop_after_unexpected_exit(vcpu, reason);
    }
    finish_record(record, outcome);
    return outcome == Outcome::leave ? 1 : 0;
}

} // extern "C"

} // namespace nadir::core
