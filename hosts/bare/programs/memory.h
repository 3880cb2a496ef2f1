// SPDX-License-Identifier: MIT OR GPL-2.0-only
// For test=memory and test=protect: two pages of data, and one instruction for each way to touch them.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

constexpr u32 page_bytes = 4096;

// Two pages of data, and one whose beginning returns at once when it is called.
struct Ground {
    bool prepare();
    void give_back() const { release(page, 3 * page_bytes); }

    void* at(u32 offset) const { return page + offset; }
    u64 physical(u32 offset) const { return physical_address(page) + offset; }
    u8 byte(u32 offset) const { return *static_cast<volatile u8*>(at(offset)); }
    u64 quad(u32 offset) const { return *static_cast<volatile u64*>(at(offset)); }
    void set_byte(u32 offset, u8 value) const {
        asm volatile("movb %1, (%0)" : : "r"(at(offset)), "q"(value) : "memory");
    }
    void set_quad(u32 offset, u64 value) const {
        asm volatile("movq %1, (%0)" : : "r"(at(offset)), "r"(value) : "memory");
    }
    void increment(u32 offset) const { asm volatile("lock incl (%0)" : : "r"(at(offset)) : "memory"); }
    u64 read_quad(u32 offset) const {
        u64 value = 0;
        asm volatile("movq (%1), %0" : "=r"(value) : "r"(at(offset)) : "memory");
        return value;
    }
    void move_bytes(u32 to, u32 from, u64 count) const {
        void* target = at(to);
        void* source = at(from);
        asm volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
    }
    void call(u32 offset) const { reinterpret_cast<void (*)()>(at(offset))(); }

    u8* page;
    nadir_session* session;
    volatile u32 over;
};

constexpr u32 offset_of_code = 2 * page_bytes;

// Events of one processor that have not been read yet. Prints those of the first `shown`.
u32 read_memory_events(nadir_session* session, u32 processor, u64& next, const Ground& ground, u32 shown);

u32 watch_memory(nadir_session* session, const nadir_memory_range* ranges, u32 count, nadir_report& report,
                 u32 more_kinds = 0);

// Hooks beside and before and behind what is watched.
const char* watch_beside_hooks(nadir_session* session, Ground& ground);

} // namespace nadir::bare
