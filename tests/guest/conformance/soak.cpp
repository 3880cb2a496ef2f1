// SPDX-License-Identifier: MIT OR GPL-2.0-only
// soak count=N: a storm of NMIs, interrupts and exits on all processors, N times a thousand steps on this one.
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/storm.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

const char* run_soak(const Options& options) {
    constexpr u32 steps = 1000;
    constexpr u32 rounds_a_line = 100;
    begin_storm(options.seed);
    for (u32 round = 1; round <= options.count; ++round) {
        storm_here(steps);
        if (round % rounds_a_line != 0 && round != options.count)
            continue;
        const StormTotals totals = storm_totals();
        print("soak: round %u of %u: %llu NMIs sent, %llu interrupts, %llu exits\n", round, options.count, totals.nmis,
              totals.interrupts, totals.exits);
    }
    return end_storm();
}

} // namespace nadir::conformance
