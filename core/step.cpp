// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/step.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/events/optional_exits.h"
#include "core/gdb/attend.h"
#include "core/guest.h"
#include "core/trap_flag_step.h"
#include "core/views/breakpoint.h"
#include "core/views/step.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

void set_monitor_trap(const Vcpu& vcpu, bool on) {
    change_primary_controls(vcpu, [on](PrimaryControls& controls) { controls.set_monitor_trap_flag(on); });
}

void end_trial(Vcpu& vcpu, MonitorTrap result) {
    vcpu.step.monitor_trap = static_cast<uint8_t>(result);
    set_monitor_trap(vcpu, false);
}

// Its exit is the next one, unless that comes before or in the midst of the instruction on trial.
bool judge_trial(Vcpu& vcpu, BasicExitReason reason) {
    if (reason == BasicExitReason::monitor_trap_flag) {
        end_trial(vcpu, MonitorTrap::works);
        return true;
    }
    if (vmread(vmcs::guest_rip) != vcpu.step.trial_rip) {
        end_trial(vcpu, MonitorTrap::fails);
    }
    return false;
}

// By an interrupt the instruction would be met twice. Not in single steps, for which VM entry allows this blocking only together
// with a trap.
void hold_interrupts_off(Vcpu& vcpu) {
    const Rflags flags = vmread(vmcs::guest_rflags);
    const Interruptibility state = vmread(vmcs::guest_interruptibility);
    if (flags.interrupt_enable() && !flags.tf() && !state.in_instruction_shadow()) {
        vmwrite(vmcs::guest_interruptibility, Interruptibility{state}.set_blocking_by_sti(true));
        vcpu.step.has_interrupts = 1;
    }
}

void end_monitor_trap_step(Vcpu& vcpu) {
    set_monitor_trap(vcpu, false);
    if (vcpu.step.has_interrupts != 0) {
        vcpu.step.has_interrupts = 0;
        vmwrite(vmcs::guest_interruptibility, vmread(vmcs::guest_interruptibility).set_blocking_by_sti(false));
    }
}

// While a step is in work, its instruction's pages are opened: a plain change of view would leave what ends it.
void mark_view(const Vcpu& vcpu, bool in_step) {
    if (vcpu.view != nullptr) {
        vcpu.view->in_step = in_step ? 1 : 0;
    }
}

void put_back(Vcpu& vcpu) {
    const unsigned ends = vcpu.step.ends;
    vcpu.step.ends = 0;
    mark_view(vcpu, false);
    if ((ends & static_cast<unsigned>(StepEnd::optional_exits)) != 0) {
        apply_optional_exits(vcpu, *vcpu.plan);
    }
    if ((ends & static_cast<unsigned>(StepEnd::close_pages)) != 0) {
        close_pages(vcpu);
    }
    if ((ends & static_cast<unsigned>(StepEnd::debugger)) != 0) {
        gdb::on_step_end(vcpu);
    }
}

void take_away(Vcpu& vcpu, StepEnd what) {
    switch (what) {
    case StepEnd::optional_exits: let_instructions_through(vcpu); break;
    case StepEnd::close_pages: // its caller opens them
    case StepEnd::debugger: break;
    }
}

// A breakpoint on the instruction was met before the exit that led here, and must not be met again. Bochs 2.7 saves RF as 0.
void pass_breakpoint() { vmwrite(vmcs::guest_rflags, vmread(vmcs::guest_rflags).set_rf(true)); }

// The instruction wasn't carried out.
void abandon_step(Vcpu& vcpu) {
    if (vcpu.view != nullptr) {
        expect_hook_again(vcpu);
    }
    if (vcpu.step.by_trap_flag != 0) {
        abandon_trap_flag_step(vcpu);
    } else {
        end_monitor_trap_step(vcpu);
    }
    put_back(vcpu);
}

bool take_exception(Vcpu& vcpu) {
    if (is_own_trap(vcpu)) {
        end_trap_flag_step(vcpu, DebugQualification{vmread(vmcs::exit_qualification)});
        put_back(vcpu);
        return true;
    }
    abandon_step(vcpu);
    if (vmread(vmcs::exit_interruption_information).type() == InterruptionType::nmi) {
        pass_breakpoint();
        return false;
    }
    // A fault of the instruction's is no single step of ours either.
    const bool steps_itself = Rflags{vcpu.step.flags}.tf();
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (vcpu.step.by_trap_flag != 0 && event.is_exception(Vector::debug) && !steps_itself) {
        deliver_exception_of_exit(DebugQualification{vmread(vmcs::exit_qualification)}.set_bs(false).value);
        return true;
    }
    return false; // it is the guest's: core/exits/exception.cpp
}

} // namespace

bool is_own_trap(const Vcpu& vcpu) {
    if (!is_stepping(vcpu) || vcpu.step.by_trap_flag == 0 ||
        !vmread(vmcs::exit_interruption_information).is_exception(Vector::debug)) {
        return false;
    }
    // With "general detect" the instruction wasn't carried out, even if the emulator reports the step, too.
    const DebugQualification debug{vmread(vmcs::exit_qualification)};
    return debug.bs() && !debug.bd();
}

void prepare_steps(Vcpu& vcpu) {
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::untried)) {
        prepare_steps_at(vcpu, vmread(vmcs::guest_rip) + vmread(vmcs::exit_instruction_length));
    }
}

void prepare_steps_at(Vcpu& vcpu, uint64_t next_rip) {
    Step& step = vcpu.step;
    if (step.monitor_trap != static_cast<uint8_t>(MonitorTrap::untried)) {
        return;
    }
    if (!vcpu.place.vmm->capabilities.primary().allows(PrimaryControls::monitor_trap_flag_mask)) {
        step.monitor_trap = static_cast<uint8_t>(MonitorTrap::fails);
        return;
    }
    step.monitor_trap = static_cast<uint8_t>(MonitorTrap::on_trial);
    step.trial_rip = next_rip;
    set_monitor_trap(vcpu, true);
}

void begin_step(Vcpu& vcpu, StepEnd what) {
    Step& step = vcpu.step;
    const bool begins = !is_stepping(vcpu);
    step.ends = static_cast<uint8_t>(step.ends | static_cast<uint8_t>(what));
    take_away(vcpu, what);
    if (!begins) {
        return;
    }
    mark_view(vcpu, true);
    // The instruction wasn't carried out, so no single-step trap of it pends; what pends behind MOV SS still does. Bochs 2.7 says
    // otherwise.
    const PendingDebugExceptions pending = vmread(vmcs::guest_pending_debug);
    if (pending.bs() && !vmread(vmcs::guest_interruptibility).in_instruction_shadow()) {
        vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{pending}.set_bs(false));
    }
    pass_breakpoint();
    if (step.monitor_trap == static_cast<uint8_t>(MonitorTrap::on_trial)) {
        end_trial(vcpu, MonitorTrap::untried);
    }
    step.by_trap_flag = step.monitor_trap == static_cast<uint8_t>(MonitorTrap::works) ? 0 : 1;
    if (step.by_trap_flag != 0) {
        begin_trap_flag_step(vcpu);
    } else {
        hold_interrupts_off(vcpu);
        set_monitor_trap(vcpu, true);
    }
}

void forget_step(Vcpu& vcpu) {
    if (is_stepping(vcpu)) {
        abandon_step(vcpu);
    }
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::on_trial)) {
        end_trial(vcpu, MonitorTrap::untried);
    }
}

bool take_step_exit(Vcpu& vcpu, BasicExitReason reason) {
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::on_trial) && judge_trial(vcpu, reason)) {
        return true;
    }
    if (!is_stepping(vcpu)) {
        return false;
    }
    switch (reason) {
    case BasicExitReason::monitor_trap_flag:
        end_monitor_trap_step(vcpu);
        put_back(vcpu);
        return true;
    case BasicExitReason::exception_or_nmi: return take_exception(vcpu);
    case BasicExitReason::ept_violation:
    case BasicExitReason::control_register_access:
    case BasicExitReason::preemption_timer: return false;
    default:
        abandon_step(vcpu);
        pass_breakpoint();
        return false;
    }
}

void go_on_with_step(Vcpu& vcpu, Outcome outcome) {
    if (!is_stepping(vcpu)) {
        return;
    }
    if (outcome != Outcome::retry) {
        abandon_step(vcpu);
        return;
    }
    pass_breakpoint();
    if (vcpu.step.by_trap_flag != 0) {
        // Bochs 2.7 lets the trap pend with every exit.
        vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{});
    }
}

} // namespace nadir::core
