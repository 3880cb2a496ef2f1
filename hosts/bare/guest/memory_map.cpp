// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/guest/memory_map.h"

#include "hosts/bare/machine/print.h"

namespace nadir::bare {

void MemoryMap::read(const Handover& handover) {
    count_ = 0;
    taken_count_ = 0;
    const u64 start = handover.region_start;
    const u64 end = handover.region_end;
    for (u32 i = 0; i < handover.range_count; ++i) {
        const MemoryRange& range = handover.ranges[i];
        const u64 range_end = range.start + range.bytes;
        if (range.type != memory_usable || range.start >= end || range_end <= start) {
            add(range.start, range_end, range.type);
            continue;
        }
        add(range.start, start, memory_usable);
        add(start, end, memory_reserved);
        add(end, range_end, memory_usable);
    }
}

void MemoryMap::add(u64 start, u64 end, u32 type) {
    if (start >= end)
        return;
    if (count_ == sizeof ranges_ / sizeof ranges_[0])
        finish(false, "the memory map has too many ranges");
    ranges_[count_++] = {start, end - start, type, 0};
}

bool MemoryMap::usable(u64 start, u64 end) const {
    for (u32 i = 0; i < count_; ++i)
        if (ranges_[i].type == memory_usable && ranges_[i].start <= start && end <= ranges_[i].start + ranges_[i].bytes)
            return true;
    return false;
}

bool MemoryMap::is_taken(u64 start, u64 end) const {
    for (u32 i = 0; i < taken_count_; ++i)
        if (taken_[i].start < end && taken_[i].end > start)
            return true;
    return false;
}

void MemoryMap::take(u64 start, u64 end) {
    if (taken_count_ == sizeof taken_ / sizeof taken_[0])
        finish(false, "too many pieces of a guest to keep track of");
    taken_[taken_count_++] = {start, end};
}

u64 MemoryMap::place(u64 bytes, u64 alignment, u64 low, u64 high) {
    u64 best = 0;
    for (u32 i = 0; i < count_; ++i) {
        if (ranges_[i].type != memory_usable)
            continue;
        const u64 first = ranges_[i].start > low ? ranges_[i].start : low;
        u64 end = ranges_[i].start + ranges_[i].bytes;
        if (end > high)
            end = high;
        // Downwards, from below one obstacle to below the next.
        while (end >= bytes && end - bytes >= first) {
            const u64 start = round_down(end - bytes, alignment);
            if (start < first)
                break;
            u64 obstacle = 0;
            for (u32 t = 0; t < taken_count_ && obstacle == 0; ++t)
                if (taken_[t].start < start + bytes && taken_[t].end > start)
                    obstacle = taken_[t].start + 1;
            if (obstacle == 0) {
                if (start > best)
                    best = start;
                break;
            }
            end = obstacle - 1;
        }
    }
    if (best != 0)
        take(best, best + bytes);
    return best;
}

u64 MemoryMap::low_end() const {
    for (u32 i = 0; i < count_; ++i)
        if (ranges_[i].type == memory_usable && ranges_[i].start == 0)
            return round_down(ranges_[i].bytes, page_size);
    return 0;
}

u32 MemoryMap::upper_kib() const {
    constexpr u64 one_mib = 1u << 20;
    u64 end = one_mib;
    for (bool grown = true; grown;) {
        grown = false;
        for (u32 i = 0; i < count_; ++i) {
            const u64 range_end = ranges_[i].start + ranges_[i].bytes;
            if (ranges_[i].type == memory_usable && ranges_[i].start <= end && range_end > end) {
                end = range_end;
                grown = true;
            }
        }
    }
    const u64 kib = (end - one_mib) >> 10;
    return kib > 0xFFFF'FFFF ? 0xFFFF'FFFF : static_cast<u32>(kib);
}

} // namespace nadir::bare
