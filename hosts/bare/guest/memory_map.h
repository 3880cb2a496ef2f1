// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Physical memory as a guest kernel may have it, and what in it is already spoken for.
#pragma once

#include "hosts/bare/handover.h"

namespace nadir::bare {

class MemoryMap {
public:
    static constexpr u32 capacity = 72;

    // The loader's map, in which our own region becomes reserved.
    void read(const Handover& handover);

    u32 count() const { return count_; }
    const MemoryRange& range(u32 index) const { return ranges_[index]; }

    // What is usable of [start, end) no longer is.
    void reserve(u64 start, u64 end);

    // [start, end) is wholly usable.
    bool usable(u64 start, u64 end) const;
    void take(u64 start, u64 end);

    // Takes the highest place between the bounds that is free; 0: none.
    u64 place(u64 bytes, u64 alignment, u64 low, u64 high);

    // End of the usable memory that begins at 0.
    u64 low_end() const;

    // KiB of usable memory from 1 MiB on without a gap, as Multiboot and Linux want to know it.
    u32 upper_kib() const;

private:
    // At that place in the list, which then moves on; nothing when it is empty.
    void insert(u32& at, u64 start, u64 end, u32 type);

    struct Taken {
        u64 start;
        u64 end;
    };
    u32 count_ = 0;
    u32 taken_count_ = 0;
    MemoryRange ranges_[capacity];
    Taken taken_[96];
};

} // namespace nadir::bare
