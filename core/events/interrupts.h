// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How external interrupts are watched. One that the guest can take is acknowledged and given to it; one that it can't is left
// where it is, in the interrupt controller: so the guest still finds it there as pending, may raise its priority above it, and
// takes a more urgent one first. [SDM3 "Acknowledge Interrupt on Exit"]
//
//   watching       an interrupt exits, unacknowledged. Can the guest take it? Then: acknowledging; otherwise: waiting
//   acknowledging  the next entry exits at once, with the vector, which is injected: watching
//   waiting        interrupts don't exit, but the moment does at which the guest can take one: watching
//
// Root mode, current VMCS.
#pragma once

#include "core/vcpu.h"

namespace nadir::core {

// Writes the controls that this state needs.
void enter_interrupt_state(Vcpu& vcpu, InterruptWatch::State state);

// From now on, or no longer, each interrupt exits before the guest takes it.
void watch_interrupts(Vcpu& vcpu, bool watched);

// For a step: none does until they are watched again.
void let_interrupts_through(Vcpu& vcpu);

} // namespace nadir::core
