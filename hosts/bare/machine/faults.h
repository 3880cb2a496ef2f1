// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exceptions: printed with all registers, unless somebody expects them.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

struct InterruptFrame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector;
    u64 error_code;
    u64 rip, cs, rflags, rsp, ss;
};

// Where guarded_call goes on after a fault, and what the fault was.
struct FaultGuard {
    u64 resume_rip; // exceptions.S knows the first two
    u64 resume_rsp;
    u16 cs, ss; // of the caller
    u32 vector;
    u32 error_code;
    u64 rip;
    u64 rflags;
    u64 cr2;
    u64 dr6;
    u64 rax, rcx, rdx; // as they were when it faulted
};

// A kernel with descriptor tables of its own, whose gates lead to interrupt_stubs, has the first look at what comes; true:
// that was all.
using InterruptHandler = bool (*)(InterruptFrame& frame);
void take_interrupts(InterruptHandler handler);

constexpr u32 no_fault = ~0u;

// Calls procedure(argument). An exception in it ends the call: its vector is returned and `guard` describes it.
// Otherwise no_fault. Processor state that the procedure changes is not undone.
u32 guarded(FaultGuard& guard, void (*procedure)(void*), void* argument);

// While this_processor().steps points to one, debug exceptions and interrupts are noted and the program goes on.
struct StepLog {
    u32 count;
    u32 limit; // TF is cleared after that many
    struct {
        u64 rip;
        u32 vector;
        u32 dr6; // of a debug exception
    } steps[24];
};

bool try_read_msr(u32 number, u64& value);
bool try_write_msr(u32 number, u64 value);

} // namespace nadir::bare
