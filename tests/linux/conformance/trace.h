/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a program can do in user mode and what comes of it, one line each: to be run before, while and after Nadir is on,
 * and compared. No line may depend on time or chance.
 */
#pragma once

#include <stdint.h>

struct registers {
    uint64_t rax, rbx, rcx, rdx, flags;
};

/* An instruction or a few as bytes, and the registers that it begins with. */
struct piece {
    const char* name;
    const char* bytes;
    uint32_t length;
    struct registers registers;
};
#define PIECE(name, bytes, ...)                                                                                        \
    {                                                                                                                  \
        name, bytes, sizeof(bytes) - 1, { __VA_ARGS__ }                                                                \
    }

enum mode { mode_64, mode_32 };

/* Executes it at a fixed place and prints the registers afterwards, or the signal with all that its frame says. */
void run_piece(enum mode mode, const struct piece* piece);
/* The same, where each trap (SIGTRAP) is noted and the program goes on behind it. */
void trace_piece(enum mode mode, const struct piece* piece);
/* The same with its last byte just below `end`. In compatibility mode, where that is 4 GiB, a jump to an UD2 lies at 0. */
void run_piece_before(enum mode mode, const struct piece* piece, uint64_t end);

/* A page of data at a fixed place, below 4 GiB, and one that is not there behind it. */
#define DATA 0x20000000ul
#define CODE 0x10000000ul
#define STACK_TOP 0x30010000ul

void prepare_pieces(void);
void pin(int processor);
int processors(void);

/* The parts. */
void trace_cpuid(void);
void trace_instructions(void);
void trace_faults(void);
void trace_steps(void);
void trace_compatibility(void);
void trace_debugger(void);
void trace_state(void);
void trace_processors(void);
