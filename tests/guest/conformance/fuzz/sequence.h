// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A few instructions, and the state in which they begin: made from a seed, or read from a line of text.
#pragma once

#include "tests/guest/conformance/conformance.h"
#include "tests/guest/conformance/fuzz/random.h"

namespace nadir::conformance::fuzz {

enum class Mode : u8 { kernel64, user64, kernel32, user32 };
constexpr u32 mode_count = 4;

constexpr bool is_user(Mode mode) { return mode == Mode::user64 || mode == Mode::user32; }
constexpr bool is_32_bit(Mode mode) { return mode == Mode::kernel32 || mode == Mode::user32; }

enum Register : u8 { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

constexpr u32 maximum_instructions = 8;
constexpr u32 maximum_msrs = 4;

// One instruction, with those that it makes no sense without (loading of its operands, for example).
struct Instruction {
    char name[24];
    u8 bytes[48];
    u32 length;
};

struct Sequence {
    Mode mode;
    bool wraps;   // the code begins just below 4 GiB, not in the window
    bool pending; // an interrupt waits in the local APIC
    bool timer;   // the local APIC's timer will interrupt, long after everything but a HLT is over
    bool timed;   // RAX, RCX and RDX may depend on the time in the end
    u32 offset;   // of the first byte in the first page of code
    u64 flags;
    u64 registers[16];
    u64 breakpoints[4]; // DR0 to DR3
    u64 dr7;
    u32 msrs[maximum_msrs]; // those that it writes, to be put back
    u32 msr_count;
    Instruction instructions[maximum_instructions];
    u32 count;
};

// The seed's sequence with this number.
void generate(u64 seed, u64 number, Sequence& sequence);

// One line of words, as `print_sequence` writes it; the line need not end with a 0. False: it isn't one.
bool parse_sequence(const char* line, u32 length, Sequence& sequence);
void print_sequence(const Sequence& sequence);

} // namespace nadir::conformance::fuzz
