// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/memory.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/kernel/lock.h"

namespace nadir::nt {

namespace {

constexpr u64 address_mask = 0xF'FFFF'FFFF'F000;
constexpr u64 wanted_bytes = 24ull << 20;
constexpr u64 least_bytes = 8ull << 20;
constexpr u64 table_rights = page_present | page_writable;
constexpr u32 entries = 512;

Lock lock;
Lock tables_lock;
u64 root;  // boot_address_space
u64 first; // physical address of the first page that is ours to give out
u32 pages;
u32 used;
u8 taken[wanted_bytes / page_size];
u64 next_address[2] = {stack_base, pool_base};

u64* table(u64 physical) { return reinterpret_cast<u64*>(alias(physical)); }

constexpr u32 index(u64 address, u32 level) { return static_cast<u32>(address >> (12 + 9 * level)) & (entries - 1); }

u64 new_table() {
    const u64 physical = allocate_pages(1);
    if (physical == 0)
        bare::finish(false, "this kernel has no memory for a page table: give reserve=MIB more");
    __builtin_memset(alias(physical), 0, page_size);
    return physical;
}

} // namespace

void prepare_memory(const bare::Handover& handover) {
    root = handover.page_table;
    u64 bytes = wanted_bytes;
    void* memory = bare::allocate(bytes);
    while (memory == nullptr && bytes > least_bytes)
        memory = bare::allocate(bytes -= 1ull << 20);
    if (memory == nullptr)
        bare::finish(false, "too little memory: give reserve=32 or more");
    first = reinterpret_cast<u64>(memory);
    pages = static_cast<u32>(bytes / page_size);
    // The identity map again, in the kernel half and for data only. It must be there before anything uses alias().
    auto* low_root = reinterpret_cast<u64*>(root);
    low_root[index(alias_base, 3)] = low_root[0] | page_no_execute;
    low_root[index(stack_base, 3)] = new_table() | table_rights;
    low_root[index(pool_base, 3)] = new_table() | table_rights;
}

u64 allocate_pages(u64 count) {
    const Locked guard(lock);
    u32 run = 0;
    for (u32 page = 0; page < pages && count != 0; ++page) {
        run = taken[page] != 0 ? 0 : run + 1;
        if (run < count)
            continue;
        const u32 start = page + 1 - run;
        for (u32 i = start; i <= page; ++i)
            taken[i] = 1;
        used += run;
        return first + start * page_size;
    }
    return 0;
}

void free_pages(u64 physical, u64 count) {
    const Locked guard(lock);
    const u64 start = (physical - first) / page_size;
    for (u64 i = start; i < start + count; ++i)
        taken[i] = 0;
    used -= static_cast<u32>(count);
}

u64 pages_in_use() { return used; }

void* new_bytes(u64 bytes) {
    const u64 physical = allocate_pages(round_up(bytes, page_size) / page_size);
    if (physical == 0)
        bare::finish(false, "this kernel has no memory left: give reserve=MIB more");
    __builtin_memset(alias(physical), 0, round_up(bytes, page_size));
    return alias(physical);
}

u64& entry_of(u64 from, u64 address) {
    u64* level = table(from);
    for (u32 i = 3; i > 0; --i) {
        u64& entry = level[index(address, i)];
        if ((entry & page_present) == 0)
            entry = new_table() | table_rights;
        level = table(entry & address_mask);
    }
    return level[index(address, 0)];
}

void map(u64 address, u64 physical, u64 rights) {
    const Locked guard(tables_lock);
    entry_of(root, address) = physical | rights;
}

u64 unmap(u64 address) {
    const Locked guard(tables_lock);
    u64& entry = entry_of(root, address);
    const u64 physical = entry & address_mask;
    entry = 0;
    invalidate(address);
    return physical;
}

u64 translate(u64 address) {
    constexpr u64 large = 1u << 7;
    u64 physical = bare::read_cr3() & address_mask;
    for (u32 i = 4; i-- > 0;) {
        const u64 entry = table(physical)[index(address, i)];
        if ((entry & page_present) == 0)
            return ~0ull;
        physical = entry & address_mask;
        const u64 span = (1ull << (12 + 9 * i)) - 1;
        if (i == 0 || (i < 3 && (entry & large) != 0))
            return (physical & ~span) | (address & span);
    }
    return ~0ull;
}

u64 new_driver_tables() { return new_table(); }

u64 new_address_space(u64 driver_tables) {
    const u64 fresh = new_table();
    for (u32 i = entries / 2; i < entries; ++i)
        table(fresh)[i] = table(root)[i];
    table(fresh)[index(driver_base, 3)] = driver_tables | table_rights;
    return fresh;
}

u64 boot_address_space() { return root; }

u64 take_addresses(u64 base, u64 count) {
    const Locked guard(lock);
    u64& next = next_address[base == pool_base ? 1 : 0];
    const u64 address = next + page_size;
    next = address + count * page_size;
    return address;
}

} // namespace nadir::nt
