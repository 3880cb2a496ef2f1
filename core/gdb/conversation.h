// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Packets to and fro over the line, until GDB lets the machine go on.
#pragma once

#include "core/gdb/session.h"

namespace nadir::core::gdb {

// Says that the machine has stopped if GDB waits for that (`waiting`), and answers what it asks.
// After::go_on or After::detached. `port`: the line's.
After converse(Session& session, Vmm& vmm, uint16_t port, bool waiting);

// While the machine runs: has GDB asked it to stop? Never waits.
bool wants_stop(Session& session, uint16_t port);

} // namespace nadir::core::gdb
