// SPDX-License-Identifier: MIT OR GPL-2.0-only
// For test=hooks: two pages of small functions, made of bytes so that a test knows each of them.
#pragma once

#include "core/nadir.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

constexpr u32 offset_of_constant = 3;       // mov $first_constant, %eax; ret; the constant is naturally aligned
constexpr u32 offset_of_other = 0x43;       // the same with other_constant
constexpr u32 offset_of_self_reader = 0x80; // reads the first byte of offset_of_constant
constexpr u32 offset_of_self_writer = 0xC0; // doubles the constant, calls the function, halves it
constexpr u32 offset_of_int3 = 0x100;       // the system's own breakpoint, and ret
constexpr u32 offset_of_unused = 0x140;
constexpr u32 offset_of_other_writer = 0x180; // writes written_constant into the function of the second page
constexpr u32 offset_of_other_reader = 0x1C0; // reads the first byte of that function
constexpr u32 offset_of_second = 4096 + 3;    // as offset_of_constant, on the second page
constexpr u32 length_of_mov = 5;
constexpr u8 opcode_of_mov = 0xB8; // to EAX
constexpr u8 opcode_of_mov_ecx = 0xB9;
constexpr u32 first_constant = 0x1234'5678;
constexpr u32 other_constant = 0x0BAD'CAFE;
constexpr u32 written_constant = 0x5EC0'5EC0;

struct Playground {
    bool prepare();
    void give_back() const { release(page, 2 * 4096); }

    void* at(u32 offset) const { return page + offset; }
    u64 physical(u32 offset) const { return physical_address(page) + offset; }
    nadir_hook breakpoint(u32 offset) const { return {physical(offset), 0, NADIR_HOOK_BREAKPOINT, 0}; }
    u32 call(u32 offset) const { return reinterpret_cast<u32 (*)()>(at(offset))(); }
    u8 byte(u32 offset) const { return *static_cast<volatile u8*>(at(offset)); }
    void put_byte(u32 offset, u8 value) const { *static_cast<volatile u8*>(at(offset)) = value; }
    u32 constant() const { return *static_cast<volatile u32*>(at(offset_of_constant + 1)); }
    void set_constant(u32 value, u32 of = offset_of_constant) const { *static_cast<volatile u32*>(at(of + 1)) = value; }
    u64 sum() const; // of all bytes of the first page

    u8* page;
    u64 expected_sum;
    nadir_session* session;
    volatile u32 over; // the race is over
    u64 calls[maximum_processors];
};

// One processor writes, one reads, all execute.
const char* race_for_hooks(nadir_session* session, Playground& ground);

} // namespace nadir::bare
