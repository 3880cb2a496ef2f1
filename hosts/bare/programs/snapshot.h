// SPDX-License-Identifier: MIT OR GPL-2.0-only
// All state of one processor that Nadir has to hand back as it was, to be compared before, during and after.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

constexpr u32 snapshot_capacity = 128;

struct Snapshot {
    u32 count;
    const char* names[snapshot_capacity];
    u64 values[snapshot_capacity];
    bool absent[snapshot_capacity]; // reading it faults
};

// Of this processor, interrupts off.
void take_snapshot(Snapshot& snapshot);

// Prints each difference as one line and returns their number.
u32 compare_snapshots(const char* title, u32 processor, const Snapshot& before, const Snapshot& after);

// Gives this processor's registers values that differ from those after reset, so that a lost one shows.
void dress_processor();

// All processors, each on its own.
void dress_all();
void take_all_snapshots(Snapshot* snapshots);
u32 compare_all_snapshots(const char* title, const Snapshot* before, const Snapshot* after);

// Room for one per processor that there may be.
Snapshot* allocate_snapshots();
void release_snapshots(Snapshot* snapshots);

// Does the work leave all processors' state as it was? `work()` says why it failed, or nullptr.
template <typename Work>
const char* with_snapshots(Work work) {
    Snapshot* before = allocate_snapshots();
    Snapshot* after = allocate_snapshots();
    if (before == nullptr || after == nullptr)
        return "no memory for snapshots";
    dress_all();
    take_all_snapshots(before);
    const char* why = work();
    take_all_snapshots(after);
    const u32 differences = compare_all_snapshots("after", before, after);
    return why == nullptr && differences != 0 ? "the processor's state differs" : why;
}

} // namespace nadir::bare
