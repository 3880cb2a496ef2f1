// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Segment and interrupt descriptor tables of the bare host.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// Of the interrupt descriptor table. [SDM3 "64-Bit Mode IDT"]
struct Gate {
    u16 offset_low;
    u16 selector;
    u8 ist;
    u8 type;
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};
static_assert(sizeof(Gate) == 16);

constexpr u16 selector_code = 0x08;
constexpr u16 selector_data = 0x10;
constexpr u16 selector_code32 = 0x18;
constexpr u16 selector_user_data = 0x20 | 3;
constexpr u16 selector_user_code = 0x28 | 3;
constexpr u16 selector_tss = 0x30;
constexpr u16 selector_ldt = 0x40;
constexpr u16 selector_user_code32 = 0x50 | 3;

constexpr u32 gdt_entries = 11;
constexpr u8 ist_nmi = 1;
constexpr u8 ist_double_fault = 2;
constexpr u8 ist_machine_check = 3;

struct [[gnu::packed]] Tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 io_map;
};
static_assert(sizeof(Tss) == 104);

struct Descriptors {
    alignas(16) u64 gdt[gdt_entries];
    alignas(16) u64 ldt[2];
    alignas(16) Tss tss;
};

struct IstStacks {
    alignas(16) u8 bytes[3][4096];
};

// Fills in the tables of one processor; load_descriptors then makes this processor use them.
void prepare_descriptors(Descriptors& descriptors, IstStacks& stacks, u8* kernel_stack_top);
void load_descriptors(Descriptors& descriptors);

extern "C" const u8 interrupt_stubs[256][16]; // exceptions.S: where gates lead to

// The interrupt descriptor table that all processors share.
void prepare_interrupt_table();

} // namespace nadir::bare
