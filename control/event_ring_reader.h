// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Reading a ring of events (control/event_ring.h) while its processor may be writing.
#pragma once

#include "control/event_ring.h"

#include <cstddef>

namespace nadir::control {

static_assert(sizeof(nadir_event) == 64);
static_assert(sizeof(nadir_event_registers) == 64);
static_assert(offsetof(nadir_event_registers, sequence) == offsetof(nadir_event, sequence));
static_assert(offsetof(nadir_event_registers, kind) == offsetof(nadir_event, kind));
static_assert(sizeof(nadir_event_ring) == nadir_u64{NADIR_EVENT_RING_PAGES} * 4096);

// The numbers of the events that may be there are those from here to below `begun`.
constexpr nadir_u64 oldest_event(nadir_u64 begun) {
    return begun > NADIR_EVENT_RING_EVENTS ? begun - NADIR_EVENT_RING_EVENTS : 0;
}

enum class EventRead { there, lost, not_yet };

// A copy of that event. `not_yet`: it doesn't exist, or is being written.
inline EventRead read_event(const nadir_event_ring& ring, nadir_u64 number, nadir_event& out) {
    const nadir_u64 begun = __atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE);
    if (number >= begun) {
        return EventRead::not_yet;
    }
    const nadir_event& slot = ring.events[number % NADIR_EVENT_RING_EVENTS];
    const auto sequence = static_cast<nadir_u32>(number + 1);
    const bool whole = __atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE) == sequence;
    if (whole) {
        out = slot;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    }
    // Whoever overwrites it has raised `begun` before.
    if (number < oldest_event(__atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE))) {
        return EventRead::lost;
    }
    return whole ? EventRead::there : EventRead::not_yet;
}

} // namespace nadir::control
