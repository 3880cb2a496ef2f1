// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=soak cycles=N seed=N: started and stopped N times in a storm of NMIs, interrupts and exits, and in between each
// processor leaves and enters by itself, as a system's hotplug has it. Events arrive while a processor enters or leaves, too;
// each must be served by the system exactly once, and processors and memory must be as before.
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/snapshot.h"
#include "hosts/bare/programs/storm.h"

namespace nadir::bare {

namespace {

constexpr u32 steps_in_between = 200;
constexpr u32 turns = 10;
constexpr u32 cycles_a_line = 100;

struct Seen {
    u64 exits;
    u64 nmis_in_root;
};

void add_statistics(const nadir_session* session, Seen& seen) {
    static nadir_statistics statistics;
    for (u32 i = 0; i < processor_count(); ++i)
        if (nadir_get_statistics(session, i, &statistics) == NADIR_OK) {
            seen.exits += statistics.exits_total;
            seen.nmis_in_root += statistics.nmi_in_root;
        }
}

// The statistics begin anew when a processor enters.
NADIR_ABI u32 leave_and_enter(void* argument, u32 number) {
    auto* session = static_cast<nadir_session*>(argument);
    nadir_report report{};
    if (nadir_leave_processor(session, number) != NADIR_OK)
        return NADIR_REFUSED;
    return nadir_enter_processor(session, number, &report);
}

bool take_turns(nadir_session* session) {
    u32 status = NADIR_OK;
    for (u32 i = 0; i < processor_count() && status == NADIR_OK; ++i) {
        if (&processor(i) == &this_processor()) {
            status = leave_and_enter(session, i);
            continue;
        }
        begin_on(i, leave_and_enter, session);
        while (is_busy(i))
            storm_here(1); // it, too, is to be hit while it leaves and enters
        status = wait_for(i);
    }
    return status == NADIR_OK;
}

const char* cycle(const Options& options, Seen& seen) {
    if (options.bare) {
        storm_here(steps_in_between);
        return nullptr;
    }
    nadir_session* session = nullptr;
    nadir_report report{};
    if (nadir_start(&options.core, &session, &report) != NADIR_OK) {
        print("start: %s\n", report.text);
        return "a start failed";
    }
    storm_here(steps_in_between);
    for (u32 turn = 0; turn < turns; ++turn) {
        add_statistics(session, seen);
        if (!take_turns(session))
            return "a processor didn't leave or enter";
    }
    if (nadir_stop(session, &report) != NADIR_OK) {
        print("stop: %s\n", report.text);
        return "a stop failed";
    }
    add_statistics(session, seen);
    nadir_release(session);
    storm_here(steps_in_between);
    return nullptr;
}

void print_progress(u32 done, u32 cycles, const Seen& seen) {
    const StormTotals totals = storm_totals();
    print("soak: cycle %u of %u: %llu NMIs sent (%llu seen by root mode), %llu interrupts, %llu exits\n", done, cycles,
          totals.nmis, seen.nmis_in_root, totals.interrupts, seen.exits);
}

const char* run_cycles_in_storm(const Options& options) {
    const u64 memory_before = bytes_in_use();
    Seen seen{};
    begin_storm(options.seed);
    const char* why = nullptr;
    for (u32 done = 1; why == nullptr && done <= options.cycles; ++done) {
        why = cycle(options, seen);
        if (why == nullptr && bytes_in_use() != memory_before)
            why = "memory leaked";
        if (done % cycles_a_line == 0 || done == options.cycles)
            print_progress(done, options.cycles, seen);
    }
    const char* lost = end_storm();
    return why != nullptr ? why : lost;
}

} // namespace

const char* run_soak(const Options& options) {
    return options.cycles == 0 ? nothing_to_do : with_snapshots([&options] { return run_cycles_in_storm(options); });
}

} // namespace nadir::bare
