// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/guest/memory_map.h"

#include "hosts/bare/machine/print.h"

namespace nadir::bare {

void MemoryMap::read(const Handover& handover) {
    count_ = 0;
    taken_count_ = 0;
    for (u32 i = 0; i < handover.range_count; ++i) {
        const MemoryRange& range = handover.ranges[i];
        u32 end = count_;
        insert(end, range.start, range.start + range.bytes, range.type);
    }
    reserve(handover.region_start, handover.region_end);
}

void MemoryMap::insert(u32& at, u64 start, u64 end, u32 type) {
    if (start >= end)
        return;
    if (count_ == capacity)
        finish(false, "the memory map has too many ranges");
    for (u32 i = count_++; i > at; --i)
        ranges_[i] = ranges_[i - 1];
    ranges_[at++] = {start, end - start, type, 0};
}

void MemoryMap::reserve(u64 start, u64 end) {
    for (u32 i = 0; i < count_;) {
        const MemoryRange whole = ranges_[i];
        const u64 whole_end = whole.start + whole.bytes;
        if (whole.type != memory_usable || whole.start >= end || whole_end <= start) {
            ++i;
            continue;
        }
        --count_;
        for (u32 j = i; j < count_; ++j)
            ranges_[j] = ranges_[j + 1];
        insert(i, whole.start, start, memory_usable);
        insert(i, whole.start > start ? whole.start : start, whole_end < end ? whole_end : end, memory_reserved);
        insert(i, end, whole_end, memory_usable);
    }
}

bool MemoryMap::usable(u64 start, u64 end) const {
    for (u32 i = 0; i < count_; ++i)
        if (ranges_[i].type == memory_usable && ranges_[i].start <= start && end <= ranges_[i].start + ranges_[i].bytes)
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
