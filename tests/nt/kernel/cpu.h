// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One processor as Windows has it: KPCR in GS, Windows' selectors, descriptor tables with Windows' limits.
#pragma once

#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/processor.h"
#include "tests/nt/abi/objects.h"
#include "tests/nt/kernel/memory.h"

namespace nadir::nt {

struct Thread;

namespace selector {
constexpr u16 kernel_code = 0x10;
constexpr u16 kernel_data = 0x18;
constexpr u16 user_code32 = 0x23;
constexpr u16 user_data = 0x2B; // in DS, ES and GS in kernel mode, too
constexpr u16 user_code = 0x33;
constexpr u16 tss = 0x40;
constexpr u16 user_teb = 0x53; // FS
} // namespace selector

constexpr u8 ist_double_fault = 1; // as Windows numbers them
constexpr u8 ist_machine_check = 2;
constexpr u8 ist_nmi = 3;

constexpr u8 vector_dispatch = 0x2F; // software interrupt of DISPATCH_LEVEL
constexpr u8 vector_clock = 0xD1;
constexpr u8 vector_ipi = 0xE1;

// The KPCR with the KPRCB in it: the fields up to `index` are where 64-bit Windows has them; what is behind is this
// kernel's. The first is GdtBase there; the code of the bare host wants its own pointer at GS:0.
struct Cpu {
    bare::Processor* machine;
    void* tss_base;
    u64 user_rsp;
    Cpu* self; // GS:18H
    void* prcb;
    void* lock_array;
    void* used_self;
    void* idt_base;
    u64 unused[2];
    u8 irql;
    u8 reserved[0x180 - 0x51];
    u32 mxcsr; // KPRCB
    u8 legacy_number;
    u8 reserved_must_be_zero;
    u8 interrupt_request;
    u8 idle_halt;
    Thread* current; // GS:188H
    Thread* next;
    Thread* idle;
    u8 nesting_level;
    u8 reserved2[3];
    u32 index; // GS:1A4H

    ProcessorNumber number;
    bool running; // in the scheduler
    bool resume;  // the quantum is at its end
    bool in_nmi;
    bool pageable_open; // image/pageable.h
    u64 ticks;
    u64 ipis;
    u64 nmis;
    u64 preemptions;
    u64 unmaps_seen;
    u64 root[2]; // PML4 of the System process, and of one with user memory
    bare::Descriptors descriptors;
};
static_assert(offsetof(Cpu, self) == 0x18 && offsetof(Cpu, prcb) == 0x20 && offsetof(Cpu, idt_base) == 0x38);
static_assert(offsetof(Cpu, irql) == 0x50 && offsetof(Cpu, mxcsr) == 0x180 && offsetof(Cpu, current) == 0x188);
static_assert(offsetof(Cpu, index) == 0x1A4);

inline Cpu& this_cpu() {
    Cpu* self;
    asm volatile("movq %%gs:0x18, %0" : "=r"(self));
    return *self;
}

inline Thread& this_thread() {
    Thread* thread;
    asm volatile("movq %%gs:0x188, %0" : "=r"(thread));
    return *thread;
}

inline u32 irql() { return static_cast<u32>(bare::read_cr8()); }

// Processors that run, by index; those behind may be added while the system runs.
u32 active_cpus();
Cpu& cpu(u32 index);
// All that there may ever be.
u32 maximum_cpus();

// The boot processor, and all others but the last `held_back`; groups of `group_size`. Then a thread runs first(argument).
[[noreturn]] void start_cpus(u32 held_back, u32 group_size, void (*first)(void*), void* argument);
// One of those held back. The caller tells the callbacks.
u32 next_cpu();
void add_cpu();

ProcessorNumber number_of(u32 index);

// GS base, selectors, descriptor tables of this processor are Windows', and interrupts and CR8 are as they must be in a thread;
// nullptr, or what isn't.
const char* wrong_state();

// This processor's own number whatever GS says: by where its GDT lies.
Cpu* cpu_by_gdt();

} // namespace nadir::nt
