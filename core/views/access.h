// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One access to memory that somebody watches or protects: what it is, and what is to become of it. Root mode.
#pragma once

#include <cstdint>

#include "core/plan/plan.h"
#include "core/vcpu.h"

namespace nadir::core {

struct MemoryAccess {
    uint64_t physical; // where it begins
    uint64_t linear;
    uint32_t bytes;  // at most, within the page
    uint32_t before; // bytes below the beginning that the same instruction may touch, within the page
    uint32_t kinds;  // bits of enum nadir_memory_access
    uint32_t about;  // bits of enum nadir_event_memory
};

constexpr bool overlaps(uint64_t first, uint64_t last, uint64_t other_first, uint64_t other_last) {
    return first <= other_last && other_first <= last;
}

constexpr bool reaches(const MemoryAccess& access, uint64_t first, uint64_t last) {
    return access.bytes != 0 &&
           overlaps(access.physical - access.before, access.physical + access.bytes - 1, first, last);
}

// An event on its way can't be refused, nor can a page walk: nobody is there to take the fault.
constexpr bool can_be_refused(const MemoryAccess& access) {
    return (access.about & (NADIR_EVENT_MEMORY_WALK | NADIR_EVENT_MEMORY_DELIVERY)) == 0;
}

// The access of this EPT violation.
MemoryAccess current_access(const Vcpu& vcpu);

// What becomes of the instruction.
enum class Verdict : uint8_t {
    let_through, // the processor carries it out
    ignore,      // all but what it writes happens
    refuse,      // it raises #GP(0)
};

// Events and rules of the processor's plan have their say; events are put into the ring, and the rules count.
Verdict judge_access(Vcpu& vcpu, const MemoryAccess& access);

} // namespace nadir::core
