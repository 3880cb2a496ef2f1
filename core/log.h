// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The log: per processor a ring of fixed-size records. Writing one takes a few stores to the processor's own memory: no
// lock, no allocation, no wait, so it may be done in root mode, in its fault handlers and with interrupts off. The reader
// makes the text (control/messages.h).
#pragma once

#include <cstdint>
#include <initializer_list>

#include "control/messages.h"
#include "core/vcpu.h"

struct nadir_session;

namespace nadir::core {

using control::Message;

// Root mode, on this vcpu's processor.
void log(Vcpu& vcpu, Message message, std::initializer_list<uint64_t> arguments);

// Start and stop, before and after launch, into the session's own ring. One caller at a time.
void log(nadir_session& session, uint32_t processor, Message message, std::initializer_list<uint64_t> arguments);

// One line for the host's log: "processor 1: ...". Host context.
void print_record(const nadir_log_record& record);

// Reads from a ring into a batch, `next` onwards. Tolerates a writer at work: a record that changes while it is copied
// counts as lost.
struct LogRing {
    const nadir_log_record* records;
    uint32_t capacity;
    uint32_t next;
};
uint32_t read_ring(const LogRing& ring, nadir_log_request& request);

// A copy of the record with this sequence number; false when it is not (or no longer) there.
bool read_record(const LogRing& ring, uint32_t sequence, nadir_log_record& out);

} // namespace nadir::core
