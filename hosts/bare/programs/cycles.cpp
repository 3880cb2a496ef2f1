// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=cycles cycles=N: started and stopped N times, nothing lost.
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/snapshot.h"

namespace nadir::bare {

namespace {

const char* cycle_often(const Options& options) {
    const u64 memory_before = bytes_in_use();
    for (u32 cycle = 1; cycle <= options.cycles; ++cycle) {
        nadir_session* session = nullptr;
        nadir_report report{};
        if (nadir_start(&options.core, &session, &report) != NADIR_OK) {
            print("cycle %u: start: %s\n", cycle, report.text);
            return "a start failed";
        }
        if (nadir_stop(session, &report) != NADIR_OK) {
            print("cycle %u: stop: %s\n", cycle, report.text);
            return "a stop failed";
        }
        nadir_release(session);
        if (bytes_in_use() != memory_before) {
            print("cycle %u: %llu bytes in use, before %llu\n", cycle, bytes_in_use(), memory_before);
            return "memory leaked";
        }
        if (cycle % 100 == 0 || cycle == options.cycles)
            print("cycle %u of %u: %llu bytes in use, as before\n", cycle, options.cycles, bytes_in_use());
    }
    return nullptr;
}

} // namespace

const char* run_cycles(const Options& options) {
    return options.cycles == 0 ? nothing_to_do : with_snapshots([&options] { return cycle_often(options); });
}

} // namespace nadir::bare
