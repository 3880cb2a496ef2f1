// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The session: what the host, a guest itself once Nadir runs, may see and needs. It holds no pointer that is followed in
// root mode: the guest could change it.
#pragma once

#include <cstdint>

#include "control/control.h"
#include "core/vmm.h"

namespace nadir::core {
struct EventRings;
struct RuleBook;
} // namespace nadir::core

struct nadir_session {
    uint64_t key;
    nadir_options options;
    nadir::core::MovedMemory low_memory;
    uint32_t processor_count;
    uint32_t processors_on; // written by one processor at a time: start, stop and hot-plug are serialised by the host
    uint64_t session_bytes;
    uint64_t arena_bytes;
    uint64_t block_bytes; // of each processor
    uint64_t image_bytes;
    nadir_state final_state; // after stop
    nadir_vmcs failed_entry; // of the last VM entry that failed; source NADIR_VMCS_NONE: none did

    // The arena, to free it. `vmm` may be followed only where Nadir does not run (yet, or any more).
    nadir::core::Vmm* vmm;
    uint32_t chunk_count;
    nadir::core::Chunk chunks[nadir::core::max_chunks];

    nadir::core::EventRings* event_rings; // core/events/rings.h; null: nobody asked for events
    nadir::core::RuleBook* rule_book;     // core/rules/rule_book.h; null: there are no rules

    // The log of start and stop: also readable where no processor is virtualised.
    uint32_t log_next;
    nadir_log_record log[64];

    // Per processor: its state, and what remains of the last run.
    struct Processor {
        uint32_t state; // enum nadir_processor_state
        uint32_t reserved;
        uint64_t enter_ticks;
        uint64_t leave_ticks;
        nadir_statistics statistics;
        uint32_t log_next;
        nadir_log_record log[nadir::core::log_records];
        uint64_t exits_begun;
        nadir_exit_record exits[nadir::core::exits_kept]; // the last ones; number n is at n % exits_kept
    };

    Processor* processors; // processor_count of them, in the same allocation
};
