// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The watchdog: root mode that doesn't come back from a VM exit is noticed by another processor. The host asks once per
// period, on any one processor, by Hypercall::watch. A processor that is still at the same exit as at the last look is
// overdue: it is reported with its last exits, and the host sends it an NMI, which shows where root mode hangs and stops it
// as a fault would. Nothing of this costs a processor that works anything: the flight recorder numbers the exits anyway.
//
// A processor that waits in its guest (HLT, wait-for-SIPI) is not in an exit. One that waits for another (core/memory/
// ept_lock.h) isn't blamed for it.
#pragma once

#include <cstdint>

#include "core/vcpu.h"

namespace nadir::core {

// Looks at the processors from `first` on, except the one that this runs on, in root mode. The next one that is found
// overdue, NADIR_ANY_PROCESSOR for none.
uint32_t watch(Vcpu& watcher, uint32_t first);

// Is this processor, in root mode's NMI handler, still at the exit that it is overdue with?
inline bool is_overdue(const Vcpu& vcpu) {
    const uint64_t overdue = __atomic_load_n(&vcpu.watch.overdue, __ATOMIC_ACQUIRE);
    return overdue != 0 && overdue == control::exit_in_work(exit_ring(vcpu));
}

} // namespace nadir::core
