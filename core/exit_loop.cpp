// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The exit loop's C++ half: decode the reason once, one switch to one function, then do with the guest what the function
// says. The other half is cpu/exit.S.
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/fields.h"
#include "core/events/event.h"
#include "core/exits/cpuid.h"
#include "core/exits/handlers.h"
#include "core/extensions/dispatch.h"
#include "core/gdb/attend.h"
#include "core/guest.h"
#include "core/log.h"
#include "core/recorder.h"
#include "core/root/fault_report.h"
#include "core/rules/answer.h"
#include "core/step.h"
#include "core/views/breakpoint.h"
#include "core/views/step.h"
#include "core/views/switch.h"
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
static_assert(NADIR_VCPU_PLANNED_LEAVES == offsetof(Vcpu, place.planned_leaves));
static_assert(NADIR_VCPU_CPUID_EXITS == offsetof(Vcpu, exits) + NADIR_EXIT_REASON_CPUID * sizeof(uint64_t));

// What cpu/exit.S does after each of the two functions below.
enum class Next : uint32_t {
    resume = NADIR_EXIT_RESUME,
    leave = NADIR_EXIT_LEAVE,
    all_registers = NADIR_EXIT_ALL_REGISTERS, // of the first one: the second one is to handle it
};

Outcome invd(Vcpu&) {
    // Without writing back, the system's memory would lose what root mode and other devices' drivers left in the
    // caches. WBINVD keeps all of INVD's promises, for INVD makes none about what was not written back.
    cpu::write_back_and_invalidate_caches();
    return Outcome::advance;
}

// In line: of two callers neither is to pay for the other one.
[[gnu::always_inline]] inline Outcome handle(Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
    case BasicExitReason::cpuid: return exits::cpuid(vcpu);
    case BasicExitReason::rdmsr: return exits::rdmsr(vcpu);
    case BasicExitReason::wrmsr: return exits::wrmsr(vcpu);
    case BasicExitReason::xsetbv: return exits::xsetbv(vcpu);
    case BasicExitReason::control_register_access: return exits::control_register(vcpu);
    case BasicExitReason::ept_violation: return exits::ept_violation(vcpu);
    case BasicExitReason::invd: return invd(vcpu);
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
    case BasicExitReason::interrupt_window: return exits::interrupt_window(vcpu);
    case BasicExitReason::init_signal: return exits::init_signal(vcpu);
    case BasicExitReason::startup_ipi: return exits::startup_ipi(vcpu);
    case BasicExitReason::triple_fault: return exits::triple_fault(vcpu);
    case BasicExitReason::task_switch: return exits::task_switch(vcpu);
    case BasicExitReason::preemption_timer: return gdb::on_timer(vcpu);
    default: return Outcome::unexpected;
    }
}

// What the handler answered is done to the guest. Nothing can be done to it behind an exit that no handler expects, and it
// must not go on: `unexpected` says what comes instead.
template <typename Unexpected>
[[gnu::always_inline]] inline Next conclude(nadir_exit_record* record, Outcome outcome, Unexpected unexpected) {
    switch (outcome) {
    case Outcome::advance:
    case Outcome::leave: advance_guest(); break;
    case Outcome::retry: break;
    case Outcome::invalid_opcode: inject_fault(arch::Vector::invalid_opcode); break;
    case Outcome::general_protection: inject_fault(arch::Vector::general_protection, 0); break;
    case Outcome::unexpected: finish_record(record, outcome); return unexpected();
    }
    finish_record(record, outcome);
    return outcome == Outcome::leave ? Next::leave : Next::resume;
}

// The same on its own, where nothing has to be kept: so that the usual way needs no stack. The function that has all
// registers finds the same unexpected exit, and stops with a report of them.
[[gnu::noinline]] Next conclude_unusual(nadir_exit_record& record, Outcome outcome) {
    return conclude(&record, outcome, [] { return Next::all_registers; });
}

[[gnu::always_inline]] inline Next conclude_instruction(nadir_exit_record& record, uint64_t rip, Outcome outcome) {
    if (outcome != Outcome::advance || !advance_plainly(rip)) [[unlikely]] {
        return conclude_unusual(record, outcome);
    }
    finish_record(&record, Outcome::advance);
    return Next::resume;
}

[[gnu::noinline]] Next cpuid_that_follows_guest(Vcpu& vcpu, nadir_exit_record& record, uint64_t rip) {
    return conclude_instruction(record, rip, exits::cpuid(vcpu));
}

Next on_cpuid(Vcpu& vcpu) {
    const uint64_t rip = vmread(arch::vmcs::guest_rip);
    nadir_exit_record& record = open_record(vcpu, BasicExitReason::cpuid, rip);
    GuestRegisters& r = vcpu.registers;
    const auto leaf = static_cast<uint32_t>(r.rax());
    const auto subleaf = static_cast<uint32_t>(r.rcx());
    show_record(record, {subleaf, leaf}); // as detail_of
    ++vcpu.exits[static_cast<unsigned>(BasicExitReason::cpuid)];
    if (exits::cpuid_may_follow_guest(leaf)) [[unlikely]] {
        return cpuid_that_follows_guest(vcpu, record, rip);
    }
    exits::give_cpuid(r, cpu::cpuid(leaf, subleaf));
    return conclude_instruction(record, rip, Outcome::advance);
}

// Instructions whose operands are in the registers that cpu/exit.S has saved so far. On their own, so that each saves only
// what it needs.
template <BasicExitReason reason, Outcome (*handler)(Vcpu&)>
[[gnu::noinline]] Next on_instruction(Vcpu& vcpu) {
    const uint64_t rip = vmread(arch::vmcs::guest_rip);
    nadir_exit_record& record = open_record(vcpu, reason, rip);
    show_record(record, detail_of(reason, vcpu.registers));
    ++vcpu.exits[static_cast<unsigned>(reason)];
    return conclude_instruction(record, rip, handler(vcpu));
}

Outcome refuse(Vcpu&) { return Outcome::invalid_opcode; }

// RBP and R12 to R15 are not saved yet.
constexpr bool is_saved_first(unsigned general_register) { return general_register != 5 && general_register < 12; }

// MOV to a control register: the operand may be any register, and most often is one that is saved.
[[gnu::noinline]] Next on_control_register(Vcpu& vcpu) {
    const uint64_t qualification = vmread(arch::vmcs::exit_qualification);
    const arch::CrAccessQualification access{qualification};
    if (!is_saved_first(access.general_register())) {
        return Next::all_registers;
    }
    nadir_exit_record& record =
        open_record(vcpu, BasicExitReason::control_register_access, vmread(arch::vmcs::guest_rip));
    const uint64_t operand = control_register_operand(vcpu.registers, access);
    show_control_register_record(record, qualification, operand);
    ++vcpu.exits[static_cast<unsigned>(BasicExitReason::control_register_access)];
    const Outcome outcome = exits::control_register(vcpu, access, operand);
    if (outcome == Outcome::retry) [[likely]] {
        finish_record(&record, outcome);
        return Next::resume;
    }
    return conclude_unusual(record, outcome);
}

Next on_other(Vcpu& vcpu, arch::ExitReason reason) {
    switch (static_cast<BasicExitReason>(reason.value)) {
    case BasicExitReason::rdmsr: return on_instruction<BasicExitReason::rdmsr, exits::rdmsr>(vcpu);
    case BasicExitReason::wrmsr: return on_instruction<BasicExitReason::wrmsr, exits::wrmsr>(vcpu);
    case BasicExitReason::xsetbv: return on_instruction<BasicExitReason::xsetbv, exits::xsetbv>(vcpu);
    case BasicExitReason::invd: return on_instruction<BasicExitReason::invd, invd>(vcpu);
    case BasicExitReason::control_register_access: return on_control_register(vcpu);
    case BasicExitReason::vmcall:
        if (vcpu.registers.rax() != vcpu.place.vmm->key) { // a hypercall may use and change every register
            return on_instruction<BasicExitReason::vmcall, refuse>(vcpu);
        }
        return Next::all_registers;
    default: return Next::all_registers;
    }
}

// A rule is what somebody asked for just now: it is first.
[[gnu::always_inline]] inline bool answer_differently(Vcpu& vcpu, BasicExitReason reason, Outcome& outcome) {
    if (answer_by_rule(vcpu, reason, outcome)) {
        return true;
    }
    if constexpr (has_extensions) {
        return answer_by_extension(vcpu, reason, outcome);
    }
    return false;
}

// On a processor with a plan. What a watch lets through is answered by a rule, if at all, while it is let through.
Outcome handle_watched(Vcpu& vcpu, BasicExitReason reason) {
    if (vcpu.view != nullptr) {
        end_delivery(vcpu, reason);
    }
    if (take_step_exit(vcpu, reason)) {
        return Outcome::retry;
    }
    Outcome outcome{};
    if (vcpu.view != nullptr && vcpu.view->hit != nullptr) {
        outcome = view_breakpoint(vcpu);
    } else if (vcpu.plan == nullptr) { // only hidden pages: of what is optional, exceptions exit, while a step lasts
        outcome = reason == BasicExitReason::exception_or_nmi ? exits::exception(vcpu) : handle(vcpu, reason);
    } else if (exits::is_let_through(vcpu, reason) || !answer_differently(vcpu, reason, outcome)) {
        const std::optional<Outcome> optional = exits::optional_exit(vcpu, reason);
        outcome = optional ? *optional : handle(vcpu, reason);
    }
    go_on_with_step(vcpu, outcome);
    return outcome;
}

// `done` is told what the handler answered, before that is done to the guest.
template <Outcome (*handler)(Vcpu&, BasicExitReason), typename Done>
[[gnu::always_inline]] inline uint32_t handle_with_all_registers(Vcpu& vcpu, arch::ExitReason reason, Done done) {
    nadir_exit_record* const record = begin_record(vcpu, reason);
    if (reason.entry_failure()) [[unlikely]] {
        const uint32_t answer = on_entry_failure(vcpu, reason);
        finish_record(record, Outcome::leave);
        return answer;
    }
    const uint32_t number = static_cast<uint32_t>(reason.basic());
    ++vcpu.exits[number < NADIR_EXIT_REASONS ? number : NADIR_EXIT_REASONS - 1];

    const Outcome outcome = handler(vcpu, reason.basic());
    done(outcome);
    return static_cast<uint32_t>(
        conclude(record, outcome, [&]() -> Next { stop_after_unexpected_exit(vcpu, reason); }));
}

// On its own, so that a change of view has nothing of it.
[[gnu::noinline]] uint32_t on_watched(Vcpu& vcpu, arch::ExitReason reason) {
    nadir_event event;
    const bool is_hit = vcpu.view != nullptr && look_for_hook(vcpu, reason.basic()); // no exception of the guest's
    const bool is_event = !is_hit && vcpu.plan != nullptr && begin_event(vcpu, reason, event);
    const uint32_t next = handle_with_all_registers<handle_watched>(vcpu, reason, [&](Outcome outcome) {
        if (is_event) {
            finish_event(vcpu, event, outcome);
        }
        if (vcpu.answered.rules != 0) {
            put_rule_events(vcpu, outcome);
        }
    });
    if (vcpu.place.vmm->debugger != nullptr && next == static_cast<uint32_t>(Next::resume)) [[unlikely]] {
        gdb::attend(vcpu);
    }
    return next;
}

[[gnu::noinline]] uint32_t on_view_violation(Vcpu& vcpu, arch::ExitReason reason) {
    return switch_view_plainly(vcpu) ? static_cast<uint32_t>(Next::resume) : on_watched(vcpu, reason);
}

} // namespace

extern "C" {

// From cpu/exit.S with those of the guest's registers saved that a function may change, and RBX. All that a system does
// often, and is judged by these registers alone, ends here; what isn't plain goes on in the other function.
NADIR_CPU_ABI uint32_t nadir_handle_exit(Vcpu* vcpu) {
    // The whole field: with a flag in its upper bits it is no plain exit.
    const arch::ExitReason reason = vmread(arch::vmcs::exit_reason);
    if (reason.value == static_cast<uint32_t>(BasicExitReason::cpuid)) {
        return static_cast<uint32_t>(on_cpuid(*vcpu));
    }
    return static_cast<uint32_t>(on_other(*vcpu, reason));
}

// The same for every exit, with all of the guest's registers saved. Returns 0 to resume the guest, 1 to leave VMX operation.
NADIR_CPU_ABI uint32_t nadir_handle_exit_with_all_registers(Vcpu* vcpu) {
    return handle_with_all_registers<handle>(*vcpu, vmread(arch::vmcs::exit_reason), [](Outcome) {});
}

// The same on a processor with a plan (core/plan/plan.h): HOST_RIP is one of cpu/exit.S that come here.
NADIR_CPU_ABI uint32_t nadir_handle_watched_exit(Vcpu* vcpu) {
    const arch::ExitReason reason = vmread(arch::vmcs::exit_reason);
    if (vcpu->view != nullptr && reason.value == static_cast<uint32_t>(BasicExitReason::ept_violation)) {
        return on_view_violation(*vcpu, reason);
    }
    return on_watched(*vcpu, reason);
}

} // extern "C"

} // namespace nadir::core
