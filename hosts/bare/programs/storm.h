// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A storm: every processor executes what exits, in random order, and sends NMIs and interrupts to every processor all the
// while. Each event is counted where it is sent and where it arrives; the next of its kind is sent only when the last one
// has arrived, so that none may be merged with another, and so none may be lost or come twice.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// Every other processor takes part whenever it has no orders, until end_storm. The local APICs are enabled.
void begin_storm(u64 seed);

// This processor's part: so many steps, each an event sent or something that exits. Interrupts are off again afterwards.
void storm_here(u32 steps);

struct StormTotals {
    u64 nmis;
    u64 interrupts; // from processor to processor, of the timers, and of processors to themselves
    u64 exits;      // instructions that would exit
};
// So far, without stopping anybody.
StormTotals storm_totals();

// Stops it, waits for what is on its way, puts the local APICs back and compares: nullptr, or what is wrong. Prints each
// kind of event, of each processor.
const char* end_storm();

} // namespace nadir::bare
