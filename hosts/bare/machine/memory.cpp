// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/memory.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"

namespace nadir::bare {

namespace {

constexpr u32 maximum_pages = 1u << 16; // 256 MiB

const Handover* boot;
u64 first; // physical address of page 0
u32 pages;
u32 used;
u64 limit = ~0ull;
u8 taken[maximum_pages / 8];

// Not memset: an emulator counts each iteration, so the widest store is the quickest.
void fill(void* memory, u64 bytes, u64 value) {
    u64 words = bytes / 8;
    asm volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"(value) : "memory");
}

bool is_taken(u32 page) { return (taken[page / 8] >> (page % 8) & 1) != 0; }

void mark(u32 page, u32 count, bool take) {
    for (u32 i = page, end = page + count; i < end;) {
        const u32 step = i % 8 == 0 && end - i >= 8 ? 8 : 1;
        const u8 bits = static_cast<u8>((step == 8 ? 0xFFu : 1u) << (i % 8));
        if ((taken[i / 8] & bits) != (take ? 0 : bits))
            finish(false, "memory given back that wasn't given out");
        taken[i / 8] ^= bits;
        i += step;
    }
}

// The entries of PML4, PDPT and page directory that map this address of the identity map.
void walk(u64 address, u64* (&levels)[3]) {
    constexpr u64 address_mask = 0xF'FFFF'FFFF'F000;
    levels[0] = reinterpret_cast<u64*>(boot->page_table) + (address >> 39 & 511);
    levels[1] = reinterpret_cast<u64*>(*levels[0] & address_mask) + (address >> 30 & 511);
    levels[2] = reinterpret_cast<u64*>(*levels[1] & address_mask) + (address >> 21 & 511);
}

} // namespace

extern "C" char image_base;
extern "C" char image_end;

void use_memory(const Handover& handover) {
    boot = &handover;
    first = handover.free_start;
    const u64 all = (handover.region_end - first) / page_size;
    pages = all < maximum_pages ? static_cast<u32>(all) : maximum_pages;
}

void* allocate_uncleared(u64 bytes) {
    const u64 wanted = round_up(bytes, page_size) / page_size;
    if (wanted == 0 || wanted > pages - used || wanted > limit)
        return nullptr;
    const u32 count = static_cast<u32>(wanted);
    u32 run = 0;
    for (u32 page = 0; page < pages; ++page) {
        if (page % 8 == 0 && taken[page / 8] == 0xFF) {
            run = 0;
            page += 7;
            continue;
        }
        run = is_taken(page) ? 0 : run + 1;
        if (run < count)
            continue;
        const u32 start = page + 1 - count;
        mark(start, count, true);
        used += count;
        if (limit != ~0ull)
            limit -= count;
        return reinterpret_cast<void*>(first + start * page_size);
    }
    return nullptr;
}

void* allocate(u64 bytes) {
    void* memory = allocate_uncleared(bytes);
    if (memory != nullptr)
        fill(memory, round_up(bytes, page_size), 0);
    return memory;
}

void release(void* memory, u64 bytes) {
    const u64 address = reinterpret_cast<u64>(memory);
    const u64 count = round_up(bytes, page_size) / page_size;
    if (address < first || address % page_size != 0 || (address - first) / page_size + count > pages)
        finish(false, "memory given back that isn't ours");
    mark(static_cast<u32>((address - first) / page_size), static_cast<u32>(count), false);
    used -= static_cast<u32>(count);
}

u64 bytes_in_use() { return used * page_size; }

void soil_free_memory() {
    for (u32 page = 0; page < pages; ++page)
        if (!is_taken(page))
            fill(reinterpret_cast<void*>(first + page * page_size), page_size, 0xA5A5'A5A5'A5A5'A5A5);
}

void limit_memory(u64 further_pages) { limit = further_pages; }

u64 physical_address(const void* address) {
    const u64 value = reinterpret_cast<u64>(address);
    const u64 base = reinterpret_cast<u64>(&image_base);
    return value >= base && value < reinterpret_cast<u64>(&image_end) ? value - base + boot->image : value;
}

void make_executable(u64 address) {
    u64* levels[3];
    walk(address, levels);
    *levels[2] &= ~(1ull << 63);
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

void allow_user(u64 address, bool allowed) {
    constexpr u64 user = 1u << 2;
    u64* levels[3];
    walk(address, levels);
    for (u64* entry : levels)
        *entry = allowed ? *entry | user : *entry & ~user;
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

} // namespace nadir::bare
