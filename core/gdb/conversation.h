// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Packets to and fro over the line, until GDB lets the machine go on.
#pragma once

#include "core/gdb/session.h"

namespace nadir::core::gdb {

// Says that the machine has stopped if GDB waits for that (`waiting`), and answers what it asks.
// After::go_on or After::detached. `port`: the line's.
After converse(Session& session, Vmm& vmm, uint16_t port, bool waiting);

enum class StopWish : uint8_t {
    none,
    interrupt, // Ctrl-C: GDB waits for the machine to stop
    visit,     // a packet of a GDB that has just come
};

// While the machine runs: what does GDB want? Waits only for the rest of a packet whose bytes are coming.
StopWish wants_stop(Session& session, uint16_t port);

} // namespace nadir::core::gdb
