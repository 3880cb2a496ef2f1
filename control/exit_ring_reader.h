// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Reading a flight recorder (control/exit_ring.h) while its processor may be writing, or where it stopped in the midst of it.
#pragma once

#include "control/exit_ring.h"

#include <cstddef>

#include "arch/vmx/exit_reason.h"

namespace nadir::control {

static_assert(sizeof(nadir_exit_record) == 48);
static_assert(offsetof(nadir_exit_ring, records) == 64 && sizeof(nadir_exit_ring) == 4096, "one page");

inline const nadir_exit_record& exit_slot(const nadir_exit_ring& ring, nadir_u64 number) {
    return ring.records[number % NADIR_EXIT_RING_RECORDS];
}

// The reasons whose records have neither a qualification nor an event: what an older record left in those places stays.
constexpr bool has_qualification(nadir_u16 reason) {
    switch (static_cast<arch::BasicExitReason>(reason)) {
    case arch::BasicExitReason::cpuid:
    case arch::BasicExitReason::invd:
    case arch::BasicExitReason::rdmsr:
    case arch::BasicExitReason::wrmsr:
    case arch::BasicExitReason::xsetbv:
    case arch::BasicExitReason::vmcall: return false;
    default: return true;
    }
}

// The numbers of the records that may be there are those from here to below `begun`.
constexpr nadir_u64 oldest_exit(nadir_u64 begun) {
    return begun > NADIR_EXIT_RING_RECORDS ? begun - NADIR_EXIT_RING_RECORDS : 0;
}

// A copy of that record; false when it is not there, no longer there, or not yet whole.
inline bool read_exit(const nadir_exit_ring& ring, nadir_u64 number, nadir_exit_record& out) {
    if (number >= __atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE)) {
        return false;
    }
    const nadir_exit_record& slot = exit_slot(ring, number);
    const auto sequence = static_cast<nadir_u32>(number);
    if (__atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE) != sequence) {
        return false;
    }
    out = slot;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (!has_qualification(out.reason)) {
        out.qualification = 0;
        out.event = 0;
    }
    // Whoever overwrites it has raised `begun` before.
    return out.sequence == sequence && number >= oldest_exit(__atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE));
}

// Which exit this processor is working on, counted from 1; 0: none, it is in the guest.
inline nadir_u64 exit_in_work(const nadir_exit_ring& ring) {
    const nadir_u64 begun = __atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE);
    if (begun == 0) {
        return 0;
    }
    const nadir_exit_record& slot = exit_slot(ring, begun - 1);
    const bool whole = __atomic_load_n(&slot.sequence, __ATOMIC_ACQUIRE) == static_cast<nadir_u32>(begun - 1);
    return whole && __atomic_load_n(&slot.outcome, __ATOMIC_ACQUIRE) != NADIR_EXIT_IN_WORK ? 0 : begun;
}

} // namespace nadir::control
