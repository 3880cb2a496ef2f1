// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/interrupts.h"

#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;
using State = InterruptWatch::State;

namespace {

void write_controls(const Vcpu& vcpu, bool exiting, bool acknowledging, bool window) {
    change_pin_controls(vcpu, [=](PinControls& pin) { pin.set_external_interrupt_exiting(exiting); });
    change_primary_controls(vcpu, [=](PrimaryControls& primary) { primary.set_interrupt_window_exiting(window); });
    vmwrite(vmcs::exit_controls, vmread(vmcs::exit_controls).set_acknowledge_interrupt(acknowledging));
}

} // namespace

void enter_interrupt_state(Vcpu& vcpu, State state) {
    vcpu.interrupts.state = state;
    bool window = state == State::waiting;
    if (vcpu.interrupts.holds) {
        window = true;
    }
    const bool exiting = state == State::watching || state == State::acknowledging;
    write_controls(vcpu, exiting && !window, state == State::acknowledging, window);
}

void watch_interrupts(Vcpu& vcpu, bool watched) {
    const State now = vcpu.interrupts.state;
    enter_interrupt_state(vcpu, !watched ? State::off : now == State::off ? State::watching : now);
}

void let_interrupts_through(Vcpu& vcpu) {
    if (vcpu.interrupts.state == State::acknowledging) {
        vcpu.interrupts.state = State::watching;
    }
    write_controls(vcpu, false, false, false);
}

} // namespace nadir::core
