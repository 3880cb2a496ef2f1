// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events of what leads out of a program: I/O instructions, exceptions, external interrupts, system calls. What their words say is
// in control/event_ring.h. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "control/event_ring.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

struct EventWatch;

// no_kind: it is none of these.
nadir_event_kind flow_event_kind(const Vcpu& vcpu, arch::BasicExitReason reason);

// Of an I/O exit: is one of its ports watched? Of an exception's: is its vector?
bool is_port_watched(const EventWatch& watch);
bool is_exception_watched(const EventWatch& watch);

void begin_flow_event(Vcpu& vcpu, nadir_event& event);
// What was read; nothing where root mode read nothing.
void finish_flow_event(Vcpu& vcpu, nadir_event& event, Outcome outcome);

} // namespace nadir::core
