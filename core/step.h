// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One instruction let through. What root mode can't or won't execute for the guest, the guest executes itself, with what stood
// in its way taken away; and behind that one instruction root mode is back and puts it in its place again.
//
// By the monitor trap flag where the processor has it, and has shown that it works: Bochs 2.7 offers it on some models and
// never exits. Otherwise by the trap flag (core/trap_flag_step.h), of which the guest sees nothing.
//
// A step ends with the instruction, whether that completes or faults; of a repeated string instruction with one iteration.
// External interrupts are held off until then. An NMI, and any other exit that isn't about memory or a control register, ends
// it before the instruction, which meets what stood in its way again when its turn comes. MOV SS and POP SS keep the trap
// flag's trap back: such a step goes on through the instruction behind.
//
// Steps are for processors with a watch: only its exit entry looks for their ends. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// What is taken away for a step and put back behind it. Bits: a step may meet a second obstacle on its way.
enum class StepEnd : uint8_t {
    optional_exits = 1, // of instructions: core/events/optional_exits.h
    close_pages = 2,    // hidden pages that are open to it: core/views/step.h
    debugger = 4,       // nothing: who wanted one instruction is told (core/gdb/attend.h)
};

enum class MonitorTrap : uint8_t { untried = 0, on_trial, works, fails };

inline bool is_stepping(const Vcpu& vcpu) { return vcpu.step.ends != 0; }

// Is this exception exit the trap that ends a step?
bool is_own_trap(const Vcpu& vcpu);

// In the hypercall by which a watch begins: finds out how this processor steps. The trial is the guest's next instruction.
void prepare_steps(Vcpu& vcpu);
// The same at another exit, behind which the guest goes on at `next_rip`.
void prepare_steps_at(Vcpu& vcpu, uint64_t next_rip);

// What stands in the way, `what`, is taken away; the guest is to be resumed where it is (Outcome::retry).
void begin_step(Vcpu& vcpu, StepEnd what);

// The watch ends, or the processor's state is reset: no step and no trial is left.
void forget_step(Vcpu& vcpu);

// To be called with each exit, before it is handled: true when it was a step's own and is dealt with.
bool take_step_exit(Vcpu& vcpu, arch::BasicExitReason reason);
// And with what came of the others.
void go_on_with_step(Vcpu& vcpu, Outcome outcome);

} // namespace nadir::core
