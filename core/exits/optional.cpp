// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exits that only a watch brings (core/events/optional_exits.h), and what becomes of the instruction: root mode carries it out
// where it can; what changes the guest's world the guest carries out itself, in a step.
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/events/register_events.h"
#include "core/exits/handlers.h"
#include "core/msr_policy.h"
#include "core/plan/plan.h"
#include "core/step.h"
#include "cpu/instructions.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using arch::BasicExitReason;

namespace {

Outcome let_through(Vcpu& vcpu) {
    begin_step(vcpu, StepEnd::optional_exits);
    return Outcome::retry;
}

void give(Vcpu& vcpu, uint64_t edx_eax) {
    vcpu.registers.rax() = edx_eax & 0xFFFF'FFFF;
    vcpu.registers.rdx() = edx_eax >> 32;
}

// That CR4 and the privilege level allow it was the processor's judgement before it exited. [SDM3 "Relative Priority of Faults
// and VM Exits"]
Outcome rdtsc(Vcpu& vcpu) {
    give(vcpu, cpu::read_tsc());
    return Outcome::advance;
}

Outcome rdtscp(Vcpu& vcpu) {
    vcpu.registers.rcx() = cpu::read_msr(arch::Msr::ia32_tsc_aux) & 0xFFFF'FFFF; // no exit switches it
    return rdtsc(vcpu);
}

Outcome rdpmc(Vcpu& vcpu) {
    uint64_t value = 0;
    if (cpu::nadir_cpu_checked_rdpmc(static_cast<uint32_t>(vcpu.registers.rcx()), &value) != 0) {
        return Outcome::general_protection;
    }
    give(vcpu, value);
    return Outcome::advance;
}

} // namespace

bool is_let_through(const Vcpu& vcpu, BasicExitReason reason) {
    if (reason != BasicExitReason::control_register_access || is_stepping(vcpu)) {
        return false;
    }
    const uint32_t number = accessed_control_register();
    const bool may_exit_anyway = number == 0 || number == 4;
    return !may_exit_anyway || watches_control_register(vcpu.plan->watch, number);
}

std::optional<Outcome> optional_exit(Vcpu& vcpu, BasicExitReason reason) {
    const bool switched = is_switched(static_cast<uint32_t>(vcpu.registers.rcx()));
    switch (reason) {
    case BasicExitReason::rdmsr: return switched ? std::optional{rdmsr_switched(vcpu)} : std::nullopt;
    case BasicExitReason::wrmsr: return switched ? std::optional{wrmsr_switched(vcpu)} : std::nullopt;
    case BasicExitReason::control_register_access:
        return is_let_through(vcpu, reason) ? std::optional{let_through(vcpu)} : std::nullopt;
    case BasicExitReason::mov_dr:
    case BasicExitReason::gdtr_idtr_access:
    case BasicExitReason::ldtr_tr_access: return let_through(vcpu);
    case BasicExitReason::rdtsc: return rdtsc(vcpu);
    case BasicExitReason::rdtscp: return rdtscp(vcpu);
    case BasicExitReason::rdpmc: return rdpmc(vcpu);
    case BasicExitReason::io_instruction: return io_instruction(vcpu);
    case BasicExitReason::exception_or_nmi: return exception(vcpu);
    case BasicExitReason::external_interrupt: return external_interrupt(vcpu);
    default: return std::nullopt;
    }
}

} // namespace nadir::core::exits
