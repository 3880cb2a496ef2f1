// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events of instructions that read or write registers of the system: control and debug registers, descriptor tables, the
// time-stamp counter and performance counters. What their words say is in control/event_ring.h. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "control/event_ring.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// no_kind: it is none of these, or is an instruction that is let through and was shown already.
nadir_event_kind register_event_kind(const Vcpu& vcpu, arch::BasicExitReason reason);

// Of an exit by control-register access.
uint32_t accessed_control_register();

void begin_register_event(const Vcpu& vcpu, arch::BasicExitReason reason, nadir_event& event);
// What was read. Nothing where root mode read nothing.
void finish_register_event(Vcpu& vcpu, nadir_event& event, Outcome outcome);

} // namespace nadir::core
