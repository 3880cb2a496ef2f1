// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/trap_flag_step.h"

#include "arch/debug_registers.h"
#include "arch/msr/debugctl.h"
#include "arch/vmx/fields.h"
#include "core/events/optional_exits.h"
#include "core/guest.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

constexpr uint64_t conditions = PendingDebugExceptions::b0_mask | PendingDebugExceptions::b1_mask |
                                PendingDebugExceptions::b2_mask | PendingDebugExceptions::b3_mask;
constexpr uint32_t shadow = Interruptibility::blocking_by_sti_mask | Interruptibility::blocking_by_mov_ss_mask;
constexpr uint32_t every_exception = ~0u;

void put_back_flags(const Step& step) {
    const Rflags own{step.flags};
    vmwrite(vmcs::guest_rflags,
            vmread(vmcs::guest_rflags).set_tf(own.tf()).set_interrupt_enable(own.interrupt_enable()));
}

void put_back_controls(const Vcpu& vcpu) {
    vmwrite(vmcs::guest_debugctl, vmread(vmcs::guest_debugctl).set_btf(DebugCtl{vcpu.step.debugctl}.btf()));
    vmwrite(vmcs::exception_bitmap, optional_exceptions(vcpu));
    change_pin_controls(vcpu, [](PinControls& pin) { pin.set_nmi_exiting(false).set_virtual_nmis(false); });
}

// Is one of the breakpoints that were met enabled? Only then they make a #DB.
bool is_enabled(uint64_t met, Dr7 dr7) {
    for (unsigned i = 0; i < 4; ++i) {
        constexpr uint64_t local_and_global = 3;
        if (((met >> i) & 1) != 0 && ((dr7.value >> (2 * i)) & local_and_global) != 0) {
            return true;
        }
    }
    return false;
}

// What the guest would have got behind this instruction: what its breakpoints met, also those that MOV SS had kept back, and its own
// single step.
PendingDebugExceptions pending_behind(const Step& step, uint64_t met_now) {
    const uint64_t met = (met_now | step.pending_debug) & conditions;
    const bool single_step = Rflags{step.flags}.tf() && !DebugCtl{step.debugctl}.btf();
    return PendingDebugExceptions{met}
        .set_enabled_breakpoint(is_enabled(met, vmread(vmcs::guest_dr7)))
        .set_bs(single_step);
}

} // namespace

void begin_trap_flag_step(Vcpu& vcpu) {
    Step& step = vcpu.step;
    const Rflags flags = vmread(vmcs::guest_rflags);
    const Interruptibility state = vmread(vmcs::guest_interruptibility);
    const DebugCtl debugctl = vmread(vmcs::guest_debugctl);
    step.flags = flags.value;
    step.interruptibility = state.value;
    step.debugctl = debugctl.value;
    step.pending_debug = vmread(vmcs::guest_pending_debug).value;
    vmwrite(vmcs::guest_rflags, Rflags{flags}.set_tf(true).set_interrupt_enable(false));
    vmwrite(vmcs::guest_interruptibility, Interruptibility{state}.clear_instruction_shadow());
    vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{});
    vmwrite(vmcs::guest_debugctl, DebugCtl{debugctl}.set_btf(false));
    vmwrite(vmcs::exception_bitmap, every_exception);
    vmwrite(vmcs::pin_controls, vmread(vmcs::pin_controls).set_nmi_exiting(true).set_virtual_nmis(true));
}

void end_trap_flag_step(Vcpu& vcpu, DebugQualification trap) {
    const Step& step = vcpu.step;
    wrap_guest_rip();
    put_back_flags(step);
    put_back_controls(vcpu);
    vmwrite(vmcs::guest_pending_debug, pending_behind(step, trap.value));
}

void abandon_trap_flag_step(Vcpu& vcpu) {
    const Step& step = vcpu.step;
    put_back_flags(step);
    put_back_controls(vcpu);
    // A step begins without such a blocking: a load of SS was carried out, which keeps back what it met, and the instruction behind
    // it wasn't.
    const Interruptibility state = vmread(vmcs::guest_interruptibility);
    vmwrite(vmcs::guest_pending_debug, state.blocking_by_mov_ss()
                                           ? pending_behind(step, vmread(vmcs::guest_pending_debug).value)
                                           : PendingDebugExceptions{step.pending_debug});
    vmwrite(vmcs::guest_interruptibility, Interruptibility{state.value | (step.interruptibility & shadow)});
}

} // namespace nadir::core
