// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Code for every mode, copied to the first megabyte: the same bytes mean the same instruction in 16- and 32-bit code. Each
// piece ends in INT 60H. And real mode, which has only such code.
#pragma once

#include "tests/guest/modes/events.h"

namespace nadir::modes {

constexpr u32 low_base = 0x10000;
constexpr u32 low_segment = low_base >> 4; // for CS in real and V86 mode
constexpr u32 low_stack = 0x7000;          // top of a stack based at 0

struct Piece {
    const char* name;
    const u8* code;
    Registers registers;
};

extern "C" {
extern const u8 low_start[];
extern const u8 low_end[];
}

// Offset from low_base.
inline u32 low_offset(const u8* code) { return static_cast<u32>(code - low_start); }

void copy_low_code();

// Runs low code in real mode with paging off; the event is in `last` as an event of protected mode would be, but for the
// registers that real mode doesn't have. What it ends with is a vector of the table of interrupts at 5000H.
void run_real(u32 offset, const Registers& registers, u32 eflags);
void trace_real_entry(const char* name, u32 offset, const Registers& registers, u32 eflags);

// The parts of the trace.
void trace_real_mode();
void trace_segments(); // 16-bit code, CPL 3, call gates, conforming and expand-down segments
void trace_v86();
void trace_paging();
void trace_long_mode();
void trace_tasks();
void trace_pieces(); // in 32-bit code at CPL 0 with the paging that is on

} // namespace nadir::modes
