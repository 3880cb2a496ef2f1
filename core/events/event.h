// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One event: what is known of an instruction before it is carried out, and what became of it. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "control/event_ring.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"
#include "core/vmm.h"

namespace nadir::core {

struct MemoryAccess;

inline constexpr nadir_event_kind no_kind = NADIR_EVENT_KINDS;

// Where a processor's ring is mapped while it has one: behind the processors' windows (core/memory/guest_memory.h).
inline nadir_event_ring& event_ring(const Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    const uint64_t page = vmm.processor_count + uint64_t{vcpu.place.processor} * NADIR_EVENT_RING_PAGES;
    return *reinterpret_cast<nadir_event_ring*>(vmm.windows + page * 4096);
}

// Is this exit an event that was asked for? If so, begins it.
bool begin_event(Vcpu& vcpu, arch::ExitReason reason, nadir_event& event);

// What became of it; then it is in the ring.
void finish_event(Vcpu& vcpu, nadir_event& event, Outcome outcome);

// A hook was hit (core/views/breakpoint.h): an event, if somebody asked for them.
void put_hook_event(Vcpu& vcpu, uint32_t number);

// Memory that is watched was touched (core/views/access.h), and the instruction is let through or raises an exception.
void put_memory_event(Vcpu& vcpu, const MemoryAccess& access, Outcome outcome);

// Behind both, where rules have answered (core/rules/answer.h): an event for each of them, if somebody asked for these.
void put_rule_events(Vcpu& vcpu, Outcome outcome);

} // namespace nadir::core
