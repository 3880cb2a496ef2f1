// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One logical processor as the bare host knows it. The GS base of each points to its own.
#pragma once

#include "core/host.h"
#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/faults.h"

namespace nadir::bare {

constexpr u32 maximum_processors = 64;
constexpr u32 vectors = 256;

struct Processor {
    Processor* self; // gs:0
    u32 number;      // 0: the one that booted
    u32 apic_id;
    u32 running; // written by itself, once
    u32 gone;    // left to the guest system: takes no more orders

    // The mailbox: the one that gives the order fills in procedure last, the one that carries it out clears it.
    nadir_procedure procedure;
    void* argument;
    u32 answer;
    void (*meanwhile)(u32 number); // what it does as long as it has no orders

    FaultGuard* guard; // faults.h
    StepLog* steps;
    u64 nmi_count;
    u64 interrupt_count;
    u32 vector_counts[vectors]; // of the interrupts: how many came on each

    Descriptors descriptors;
    u8* stack_top;
};

inline Processor& this_processor() {
    Processor* self;
    asm volatile("movq %%gs:0, %0" : "=r"(self));
    return *self;
}

// Number of processors that are known, running or not; 1 before start_processors.
u32 processor_count();
Processor& processor(u32 number);

// Makes this processor, fresh from start-up, use its own tables.
void become(Processor& self);

// The boot processor's own tables and stack.
void start_first_processor();

// All others, by INIT-SIPI-SIPI as the MADT lists them; those from number `limit` on (0: none) stay off.
void start_processors(u32 limit);

// Runs it there with interrupts off and waits for the answer; on this processor, simply calls it.
u32 run_on(u32 number, nadir_procedure procedure, void* argument);

// The two halves of run_on for another processor, and whether the second would have to wait.
void begin_on(u32 number, nadir_procedure procedure, void* argument);
bool is_busy(u32 number);
u32 wait_for(u32 number);

// From now on that processor calls this over and over, with interrupts off, while it has no orders; nullptr: it just waits.
void meanwhile(u32 number, void (*procedure)(u32 number));

// As begin_on, but the processor takes no further orders: procedure doesn't return.
void hand_over(u32 number, nadir_procedure procedure, void* argument);

} // namespace nadir::bare
