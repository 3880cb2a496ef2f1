// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The trace: what instructions that exit, and their neighbours, do. It must be the same, line by line, bare and under Nadir.
#pragma once

#include "hosts/bare/machine/faults.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

struct Registers {
    u64 rax;
    u64 rbx;
    u64 rcx;
    u64 rdx;
};

// One instruction (or a few) on these registers.
#define NADIR_INSTRUCTION(text)                                                                                        \
    [](void* p) {                                                                                                      \
        auto* r = static_cast<::nadir::conformance::Registers*>(p);                                                    \
        asm volatile(text : "+a"(r->rax), "+b"(r->rbx), "+c"(r->rcx), "+d"(r->rdx) : : "memory", "cc");                \
    }

// Executes and prints the registers afterwards, or the exception with its error code and the registers at that point.
// Returns the vector or no_fault.
u32 probe(const char* name, Registers registers, void (*body)(void*));

// What the probes that follow are about: their lines begin with it.
[[gnu::format(printf, 1, 2)]] void about(const char* format, ...);

// Calls an assembly sequence and prints where debug exceptions and interrupts arrived, counted from its start.
void trace(const char* name, void (*sequence)(), u32 limit = 24);

// The parts, each in its file.
void trace_instructions();    // CPUID, XSETBV, caches, VMX instructions, MSRs
void trace_registers();       // control and debug registers
void trace_events();          // single steps, breakpoints, interrupt shadows
void trace_register_events(); // system registers that somebody may watch, with steps, shadows and breakpoints
void trace_user();            // at CPL 3 and in compatibility mode
void trace_kept_state();      // vector registers, IA32_DEBUGCTL, IA32_XSS, MTRRs, time-stamp counter
void trace_delivery();        // faults while a fault is delivered, string I/O, HLT until the timer
void trace_system_calls();    // SYSCALL and SYSRET
void trace_io();              // I/O instructions and software exceptions
void trace_wrap();            // instructions that end at 4 GiB
void trace_tlb();             // what makes the processor forget translations
void trace_alias();           // code written by another address
void trace_alias_on_all();
void sweep_msrs();

} // namespace nadir::conformance
