// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The plan: what the processors do beyond carrying their guest through. It holds the watch (which events somebody asked to see,
// core/events/watch.h), the rules (what is answered differently, core/rules/rules.h), and the bitmaps of MSRs and I/O ports that
// both need.
//
// There are two copies. A change is put together, by hypercalls, in the one that no processor uses; then it is the present
// one, and each processor takes it, on its own and by a hypercall of its own. So what a processor refers to never changes [SDM3
// "Software Access to Related Structures"], and each has the old plan or the new one as a whole. Who has no plan has nothing
// to look at: HOST_RIP and all controls are what they were, and no exit takes an instruction longer. Root mode.
#pragma once

#include <cstdint>

#include "arch/vmx/io_bitmap.h"
#include "arch/vmx/msr_bitmap.h"
#include "core/events/watch.h"
#include "core/plan/copies.h"
#include "core/rules/rules.h"
#include "core/vcpu.h"

namespace nadir::core {

struct Vmm;

struct Plan {
    EventWatch watch; // kinds 0: nobody asks for events
    Rules rules;
};
// What the extensions that are compiled in want is the same in every plan (core/extensions/dispatch.h); with any of them there is
// always one.

// In the shared chunk, for each copy: the MSR bitmap, then the I/O bitmaps.
inline constexpr uint64_t plan_pages = 1 + 2;

// A range of memory as two arguments of a hypercall: no physical address has 56 bits.
inline constexpr unsigned memory_access_at = 56;
constexpr uint64_t packed_range(const nadir_memory_range& range) {
    return range.first | uint64_t{range.access} << memory_access_at;
}
constexpr nadir_memory_range unpacked_range(uint64_t first_and_access, uint64_t last) {
    return {first_and_access & ((uint64_t{1} << memory_access_at) - 1), last,
            static_cast<uint32_t>(first_and_access >> memory_access_at), 0};
}
constexpr bool is_sound(const nadir_memory_range& range) {
    constexpr uint32_t known = NADIR_MEMORY_READ | NADIR_MEMORY_WRITE | NADIR_MEMORY_EXECUTE;
    return range.first <= range.last && range.last >> memory_access_at == 0 && range.access != 0 &&
           (range.access & ~known) == 0;
}

arch::MsrBitmap& msr_bitmap_of(const Vmm& vmm, const Plan& plan);
arch::IoBitmaps& io_bitmaps_of(const Vmm& vmm, const Plan& plan);
uint64_t msr_bitmap_physical_of(const Vmm& vmm, const Plan& plan);
uint64_t io_bitmaps_physical_of(const Vmm& vmm, const Plan& plan);

// A new plan is begun, of no range and no rule yet. NADIR_BUSY when processors use both copies: one that hangs in root mode
// hasn't taken the last change.
nadir_status begin_plan(Vmm& vmm, uint64_t kinds_and_options);
// To the plan in work; NADIR_BAD_ARGUMENT where there is none. A range: core/events/watch.h.
nadir_status add_range_to_plan(Vmm& vmm, uint64_t what, uint32_t first, uint32_t last);
// A rule comes by two hypercalls: first what it is about (core/rules/rules.h: packed_head, packed_subject), then its values,
// with which it belongs to the plan.
nadir_status begin_rule_of_plan(Vmm& vmm, uint64_t head, uint64_t subject);
nadir_status add_rule_to_plan(Vcpu& vcpu, uint64_t keep, uint64_t set);
// Memory whose accesses are events: packed_range below.
nadir_status add_memory_to_plan(Vcpu& vcpu, uint64_t first_and_access, uint64_t last);
// The plan in work becomes the present one; one without events and rules is none.
nadir_status finish_plan(Vmm& vmm);

// This processor takes the present plan; where there is none, it gives up what it has. `ring`: guest-physical address of its
// struct nadir_event_ring, contiguous, 0 for none; its next event gets the number `next` unless it has had the ring already.
nadir_status take_plan(Vcpu& vcpu, uint64_t ring, uint64_t next);
void give_plan_up(Vcpu& vcpu);

} // namespace nadir::core
