// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The watch: which events somebody asked to see (docs/events.md). It is a part of the plan (core/plan/plan.h), by which it is
// put together and taken. Root mode.
//
// A processor's events go to memory of the host's (control/event_ring.h), which is mapped at addresses reserved for it. It is
// written and never read.
#pragma once

#include <cstdint>

#include "arch/vmx/msr_bitmap.h"
#include "control/control.h"
#include "core/vcpu.h"

namespace nadir::core {

struct Vmm;

struct EventWatch {
    uint32_t kinds; // bits 1 << enum nadir_event_kind; 0: none
    uint32_t options;
    uint32_t exceptions; // bits of vectors
    uint32_t range_count;
    nadir_event_range ranges[NADIR_EVENT_RANGES + NADIR_RANGE_KINDS]; // with those of who asked for all of something
    uint32_t memory_count;
    nadir_memory_range memory[NADIR_MEMORY_RANGES];
};

constexpr bool has_kind(uint32_t kinds, nadir_event_kind kind) { return ((kinds >> kind) & 1) != 0; }

// Does one of the ranges have this?
bool is_in_range(const EventWatch& watch, nadir_range what, uint32_t number);

inline bool watches_control_register(const EventWatch& watch, uint32_t number) {
    return has_kind(watch.kinds, NADIR_EVENT_CONTROL_REGISTER) &&
           is_in_range(watch, NADIR_RANGE_CONTROL_REGISTER, number);
}

// Of no range yet: nothing that is judged by a range belongs to it.
nadir_status begin_watch(EventWatch& watch, uint64_t kinds_and_options);
// These, too; of MSRs all but those that can't be watched (core/msr_policy.h), which then exit by the bitmap.
nadir_status add_watched_range(EventWatch& watch, arch::MsrBitmap& bitmap, const nadir_event_range& range);

// Is this memory of the guest's own, as a ring has to be? Root mode would else be made to write over itself, or where there is
// nothing.
bool can_be_ring(const Vmm& vmm, uint64_t ring);
// This processor's events go there, from number `next` on; it keeps the ring that it has.
void begin_ring(Vcpu& vcpu, uint64_t ring, uint64_t next);
// The ring isn't touched again. Nothing happens where none was begun.
void end_ring(Vcpu& vcpu);

} // namespace nadir::core
