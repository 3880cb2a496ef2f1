// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One record into the ring. Root mode.
#pragma once

#include "control/event_ring.h"

namespace nadir::core {

// Number `number`, of those below `begun`. In the order of control/event_ring.h: the processor keeps the order of its stores;
// the fence is for the compiler.
inline void put_record(nadir_event_ring& ring, uint64_t number, uint64_t begun, const nadir_event& record) {
    __atomic_store_n(&ring.begun, begun, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    nadir_event& slot = ring.events[number % NADIR_EVENT_RING_EVENTS];
    slot = record; // its sequence is 0, which no whole record has
    __atomic_store_n(&slot.sequence, static_cast<nadir_u32>(number + 1), __ATOMIC_RELEASE);
}

} // namespace nadir::core
