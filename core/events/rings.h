// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's side of events: the rings' memory, which is the guest's own, and who is asked to fill them.
#pragma once

#include "core/session.h"

namespace nadir::core {

// Of a session, while somebody has its events, in an allocation of its own.
struct EventRings {
    uint64_t bytes;  // of this
    uint32_t active; // 1 until nadir_events_end
    uint32_t reserved;
    nadir_event_filter filter;
    struct Ring {
        nadir_event_ring* ring;
        uint64_t physical;
    } of[1]; // one per processor: the allocation goes on behind this structure
};

// Frees the rings of a session that has stopped.
void free_event_rings(nadir_session& session);

} // namespace nadir::core
