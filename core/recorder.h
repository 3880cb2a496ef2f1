// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The flight recorder: each VM exit that reaches the exit loop leaves a record in its processor's ring
// (control/exit_ring.h): a few stores to the processor's own memory, no lock. The CPUIDs that cpu/exit.S answers leave none;
// the records around them say how many there were. Root mode.
#pragma once

#include <cstdint>

#include "arch/vmx/exit_reason.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// Begins the record of this exit; null for those few that leave none. Until `finish_record` the exit counts as in work: that
// is what a report of a fault shows last, and what the watchdog looks at (core/watchdog.h).
nadir_exit_record* begin_record(Vcpu& vcpu, arch::ExitReason reason);

inline void finish_record(nadir_exit_record* record, Outcome outcome) {
    if (record != nullptr) {
        __atomic_store_n(&record->outcome, static_cast<nadir_u16>(outcome), __ATOMIC_RELEASE);
    }
}

// An empty ring for a new run of this processor. Where Nadir does not run.
void reset_exit_ring(Vcpu& vcpu);

} // namespace nadir::core
