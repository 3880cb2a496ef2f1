// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One function per kind of VM exit, each in its own file; CPUID's is in core/exits/cpuid.h. Context: root mode.
#pragma once

#include <optional>

#include "arch/vmx/exit_reason.h"
#include "core/exits/outcome.h"
#include "core/system_instruction.h"
#include "core/vcpu.h"

namespace nadir::core::exits {

Outcome xsetbv(Vcpu& vcpu);
Outcome rdmsr(Vcpu& vcpu);
Outcome wrmsr(Vcpu& vcpu);
Outcome rdmsr_switched(Vcpu& vcpu); // core/msr_policy.h: is_switched
Outcome wrmsr_switched(Vcpu& vcpu);
// What only a watch makes exit; nothing: handle it as ever.
std::optional<Outcome> optional_exit(Vcpu& vcpu, arch::BasicExitReason reason);
// Does a watch bring this control-register access, and not a bit that VMX fixes or a rule pins?
bool is_let_through(const Vcpu& vcpu, arch::BasicExitReason reason);
Outcome control_register(Vcpu& vcpu);
Outcome vmcall(Vcpu& vcpu);
Outcome vmxon(Vcpu& vcpu);
Outcome ept_violation(Vcpu& vcpu);
Outcome nmi(Vcpu& vcpu); // exception or NMI: only NMIs, and only while one is owed
Outcome nmi_window(Vcpu& vcpu);
Outcome init_signal(Vcpu& vcpu);
Outcome startup_ipi(Vcpu& vcpu);
Outcome triple_fault(Vcpu& vcpu);
Outcome task_switch(Vcpu& vcpu);

// These come only while events are asked for.
Outcome io_instruction(Vcpu& vcpu);
Outcome exception(Vcpu& vcpu);
Outcome system_instruction(Vcpu& vcpu, const SystemInstruction& instruction);
Outcome external_interrupt(Vcpu& vcpu);
Outcome interrupt_window(Vcpu& vcpu); // or while an interrupt is held that came then

} // namespace nadir::core::exits
