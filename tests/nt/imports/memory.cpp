// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pool and contiguous memory. Each allocation has pages of its own, at addresses that are never used again: what runs over its
// end or comes after its end faults. Nothing is zeroed, and nothing can be executed.
#include "tests/nt/imports/guarded_memory.h"

#include "tests/nt/image/call.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/image.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/kernel/memory.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u32 non_paged_pool_nx = 512;
constexpr u32 page_readwrite = 4;
constexpr u8 garbage = 0xA5;

u64 page_count(u64 bytes) { return round_up(bytes, page_size) / page_size; }

u64 map_fresh(u64 physical, u64 pages) {
    const u64 address = take_addresses(pool_base, pages);
    for (u64 i = 0; i < pages; ++i)
        map(address + i * page_size, physical + i * page_size, page_data);
    auto* at = reinterpret_cast<void*>(address);
    u64 words = pages * page_size / 8;
    asm volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0x0101'0101'0101'0101ull * garbage) : "memory");
    return address;
}

void unmap_all(u64 address, u64 pages) {
    const u64 first = round_down(address, page_size);
    const u64 physical = translate(first);
    for (u64 i = 0; i < pages; ++i)
        unmap(first + i * page_size);
    count_unmap();
    free_pages(physical, pages);
}

// Less than a page lies at the page's end, as aligned as pool is.
u64 offset_inside(u64 bytes) { return bytes < page_size ? page_size - round_up(bytes, 16) : 0; }

void check_tag(u32 tag) {
    for (u32 i = 0; i < 4; ++i) {
        const u32 c = tag >> (8 * i) & 0xFF;
        if (c < 0x20 || c > 0x7E)
            violation(rule::pool, last_caller(), "a pool tag of characters that no tool shows: %x", tag);
    }
}

NADIR_NT_ABI void* ExAllocatePoolWithTag(u32 type, u64 bytes, u32 tag) {
    if (type != non_paged_pool_nx)
        violation(rule::pool, last_caller(), "pool of type %u, where only NonPagedPoolNx (512) can't be executed",
                  type);
    check_tag(tag);
    if (bytes == 0)
        violation(rule::pool, last_caller(), "an allocation of no bytes");
    const u64 pages = page_count(bytes);
    const u64 physical = fails_now("ExAllocatePoolWithTag") ? 0 : allocate_pages(pages);
    if (physical == 0)
        return nullptr;
    const u64 address = map_fresh(physical, pages) + offset_inside(bytes);
    note_holding(Holding::pool, address, 0, bytes, tag);
    return reinterpret_cast<void*>(address);
}

NADIR_NT_ABI void ExFreePoolWithTag(void* memory, u32 tag) {
    Entry entry;
    if (!take_holding(Holding::pool, reinterpret_cast<u64>(memory), entry))
        violation(rule::pool, last_caller(), "%llx given back, which isn't pool, or not any more",
                  reinterpret_cast<u64>(memory));
    if (entry.tag != tag)
        violation(rule::pool, last_caller(), "pool with tag %x given back with tag %x", entry.tag, tag);
    const u64 end = round_up(entry.bytes, 16);
    for (u64 i = entry.bytes; entry.bytes < page_size && i < end; ++i)
        if (static_cast<u8*>(memory)[i] != garbage)
            violation(rule::pool, last_caller(), "written behind the end of %llu bytes of pool", entry.bytes);
    unmap_all(entry.key, page_count(entry.bytes));
}

NADIR_NT_ABI void* MmAllocateContiguousNodeMemory(u64 bytes, u64 lowest, u64 highest, u64 boundary, u32 protect, u32) {
    if (protect != page_readwrite)
        violation(rule::pool, last_caller(),
                  "contiguous memory with protection %x, where only PAGE_READWRITE (4) is allowed here", protect);
    if (bytes == 0 || lowest != 0 || highest == 0 || boundary != 0)
        violation(rule::pool, last_caller(), "contiguous memory of %llu bytes from %llx to %llx, boundary %llx", bytes,
                  lowest, highest, boundary);
    const u64 pages = page_count(bytes);
    const u64 physical = fails_now("MmAllocateContiguousNodeMemory") ? 0 : allocate_pages(pages);
    if (physical == 0)
        return nullptr;
    const u64 address = map_fresh(physical, pages);
    note_holding(Holding::contiguous_memory, address, 0, bytes);
    return reinterpret_cast<void*>(address);
}

NADIR_NT_ABI void MmFreeContiguousMemory(void* memory) {
    Entry entry;
    if (!take_holding(Holding::contiguous_memory, reinterpret_cast<u64>(memory), entry))
        violation(rule::pool, last_caller(), "%llx given back, which isn't contiguous memory, or not any more",
                  reinterpret_cast<u64>(memory));
    unmap_all(entry.key, page_count(entry.bytes));
}

NADIR_NT_ABI void* MmMapIoSpaceEx(u64 physical, u64 bytes, u32 protect) {
    constexpr u32 page_nocache = 0x200;
    constexpr u64 page_cache_disable = 1u << 4;
    if (protect != (page_readwrite | page_nocache))
        violation(rule::pool, last_caller(),
                  "I/O space with protection %x, where only PAGE_READWRITE | PAGE_NOCACHE is expected", protect);
    if (fails_now("MmMapIoSpaceEx"))
        return nullptr;
    const u64 pages = page_count(physical % page_size + bytes);
    const u64 address = take_addresses(pool_base, pages);
    for (u64 i = 0; i < pages; ++i)
        map(address + i * page_size, round_down(physical, page_size) + i * page_size, page_data | page_cache_disable);
    note_holding(Holding::io_space, address + physical % page_size, 0, bytes);
    return reinterpret_cast<void*>(address + physical % page_size);
}

NADIR_NT_ABI void MmUnmapIoSpace(void* memory, u64 bytes) {
    Entry entry;
    if (!take_holding(Holding::io_space, reinterpret_cast<u64>(memory), entry) || entry.bytes != bytes)
        violation(rule::pool, last_caller(), "MmUnmapIoSpace of what isn't mapped so");
    for (u64 i = 0; i < page_count(entry.key % page_size + bytes); ++i)
        unmap(round_down(entry.key, page_size) + i * page_size);
    count_unmap();
}

NADIR_NT_ABI u64 MmGetPhysicalAddress(void* address) {
    const u64 physical = translate(reinterpret_cast<u64>(address));
    if (physical == ~0ull)
        violation(rule::access, last_caller(), "the physical address of %llx is asked for, which isn't mapped",
                  reinterpret_cast<u64>(address));
    return physical;
}

} // namespace

void* take_guarded(u64 bytes) {
    const u64 physical = allocate_pages(page_count(bytes));
    if (physical == 0)
        bare::finish(false, "no memory for a request: give reserve=MIB more");
    return reinterpret_cast<void*>(map_fresh(physical, page_count(bytes)) + offset_inside(bytes));
}

void give_guarded(void* memory, u64 bytes) { unmap_all(reinterpret_cast<u64>(memory), page_count(bytes)); }

Imports memory_imports() {
    static const Import table[] = {
        {"ExAllocatePoolWithTag", reinterpret_cast<const void*>(&ExAllocatePoolWithTag), dispatch_level, may_fail},
        {"ExFreePoolWithTag", reinterpret_cast<const void*>(&ExFreePoolWithTag), dispatch_level, 0},
        {"MmAllocateContiguousNodeMemory", reinterpret_cast<const void*>(&MmAllocateContiguousNodeMemory),
         dispatch_level, may_fail},
        {"MmFreeContiguousMemory", reinterpret_cast<const void*>(&MmFreeContiguousMemory), dispatch_level, 0},
        {"MmMapIoSpaceEx", reinterpret_cast<const void*>(&MmMapIoSpaceEx), dispatch_level, may_fail},
        {"MmUnmapIoSpace", reinterpret_cast<const void*>(&MmUnmapIoSpace), dispatch_level, 0},
        {"MmGetPhysicalAddress", reinterpret_cast<const void*>(&MmGetPhysicalAddress), high_level, any_interrupt_flag},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
