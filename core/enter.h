// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One processor enters and leaves VMX operation. On that processor, interrupts off.
#pragma once

#include "core/report.h"
#include "core/session.h"

namespace nadir::core {

// All or nothing: on failure this processor is as it was. `report` is filled either way.
uint32_t enter_processor(nadir_session& session, uint32_t processor, nadir_report& report);

// Also keeps this processor's statistics and log in the session.
uint32_t leave_processor(nadir_session& session, uint32_t processor);

// Zeroes the vcpu context for a new start on its processor. Where Nadir does not run.
void reset_vcpu(nadir_session& session, uint32_t processor);

// As the system's own NMI handler would have seen them, had root mode not kept them while this processor left.
void raise_kept_nmis(uint64_t count);

// Copies statistics and log of a processor that has left from the arena into the session.
void keep_results(nadir_session& session, uint32_t processor);

// Does this code run as a guest of this session? It may look at the arena to know: the guest sees another page there.
bool runs_as_guest(const nadir_session& session);

// Was this step asked to fail?
// Is a field of this processor's VMCS to be spoilt before it enters?
inline bool spoils_entry(const nadir_options& options, uint32_t processor) {
    return options.fail_field != 0 &&
           (options.fail_processor == NADIR_ANY_PROCESSOR || options.fail_processor == processor);
}

bool is_to_fail(const nadir_options& options, nadir_step step, uint32_t processor);

} // namespace nadir::core
