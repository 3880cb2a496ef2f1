// SPDX-License-Identifier: MIT OR GPL-2.0-only
// External interrupts exit only while somebody watches them: core/events/interrupts.h.
#include "arch/vmx/fields.h"
#include "core/events/interrupts.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;
using State = InterruptWatch::State;

namespace {

bool guest_can_take_interrupts() {
    return vmread(vmcs::guest_rflags).interrupt_enable() &&
           !vmread(vmcs::guest_interruptibility).in_instruction_shadow();
}

void give_interrupt(uint8_t vector) {
    // A guest that halted is woken by it.
    if (vmread(vmcs::guest_activity_state) == static_cast<uint32_t>(ActivityState::hlt)) {
        vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    }
    vmwrite(vmcs::entry_interruption_information, InterruptionInformation::make(vector, InterruptionType::external));
}

} // namespace

Outcome external_interrupt(Vcpu& vcpu) {
    wrap_guest_rip();
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    const bool can_take = guest_can_take_interrupts();
    if (!event.valid()) {
        enter_interrupt_state(vcpu, can_take ? State::acknowledging : State::waiting);
    } else if (can_take) {
        give_interrupt(event.vector());
        enter_interrupt_state(vcpu, State::watching);
    } else {
        // The one that was there is gone (a device may take it back), or an NMI came first; and this one came when the guest
        // couldn't take it. It is acknowledged, so nobody else keeps it.
        vcpu.interrupts.holds = true;
        vcpu.interrupts.held = event.vector();
        enter_interrupt_state(vcpu, State::waiting);
    }
    return Outcome::retry;
}

Outcome interrupt_window(Vcpu& vcpu) {
    wrap_guest_rip();
    if (vcpu.interrupts.holds) {
        vcpu.interrupts.holds = false;
        give_interrupt(vcpu.interrupts.held);
    }
    enter_interrupt_state(vcpu, vcpu.interrupts.state == State::off ? State::off : State::watching);
    return Outcome::retry;
}

} // namespace nadir::core::exits
