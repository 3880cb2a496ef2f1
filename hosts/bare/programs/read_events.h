// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How the programs read what they asked to see.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/types.h"

namespace nadir::bare {

// How far somebody has read the events of a processor.
struct ReadEvents {
    u64 next, events, lost;
    const char* why; // nullptr: nothing went wrong
};

// The next of them, each the one behind the last. nullptr: there are none, or read.why says why not. The answer holds until the
// next call.
const nadir_events_read_request* next_events(const nadir_session* session, u32 number, ReadEvents& read);

} // namespace nadir::bare
