// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The watch: which events somebody asked to see (docs/events.md). There is one, of all processors. It is put together while no
// processor uses it, by hypercalls; then each processor takes it, on its own and by a hypercall of its own, which turns on the
// exits that it needs in this processor's VMCS and lets HOST_RIP be an entry that looks at the watch. So who isn't watched has
// nothing to look at: no exit takes an instruction longer. Root mode.
//
// A processor's events go to memory of the host's (control/event_ring.h), which is mapped at addresses reserved for it. It is
// written and never read.
#pragma once

#include <cstdint>

#include "control/control.h"
#include "core/vcpu.h"

namespace nadir::core {

struct Vmm;

struct EventWatch {
    uint32_t users; // processors that use it; it may be changed only while there is none
    uint32_t kinds; // bits 1 << enum nadir_event_kind; 0: not prepared
    uint32_t options;
    uint32_t range_count;
    nadir_event_range ranges[NADIR_EVENT_RANGES + NADIR_RANGE_KINDS]; // with those of who asked for all of something
};

constexpr bool has_kind(uint32_t kinds, nadir_event_kind kind) { return ((kinds >> kind) & 1) != 0; }

// Does one of the ranges have this?
bool is_in_range(const EventWatch& watch, nadir_range what, uint32_t number);

// A new watch, of no range yet: nothing that is judged by a range belongs to it.
nadir_status prepare_watch(Vmm& vmm, uint64_t kinds_and_options);
// These, too; of MSRs all but those that can't be watched (core/msr_policy.h).
nadir_status add_watched_range(Vmm& vmm, uint64_t what, uint32_t first, uint32_t last);

// This processor takes the watch. `ring`: guest-physical address of its struct nadir_event_ring, contiguous; its next event
// gets the number `next`.
nadir_status begin_watch(Vcpu& vcpu, uint64_t ring, uint64_t next);
// No exit is optional any more, and the ring is not touched again. Nothing happens where none was begun.
void end_watch(Vcpu& vcpu);

} // namespace nadir::core
