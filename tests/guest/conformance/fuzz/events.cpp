// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/events.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::conformance::fuzz {

namespace {

enum Vector : u32 { debug = 1, nmi = 2, breakpoint = 3, overflow = 4, double_fault = 8, first_interrupt = 32 };

constexpr u8 gate_interrupt = 0x8E;
constexpr u8 gate_for_user = 0xEE;
constexpr u64 rflags_rf = 1u << 16;
constexpr u64 dr6_cleared = 0xFFFF'0FF0;
constexpr u32 software_vector = 0x41; // INT 41H is allowed at CPL 3, other interrupts are not

// A debug exception may come while the kernel handles another event: DR7.GD. So it has a stack of its own.
constexpr u8 stack_of_events = 4;
constexpr u8 stack_of_debug = 5;
constexpr u8 stack_of_double_fault = 6;

alignas(16) Gate table[256];
alignas(16) u8 stacks[3][8192];
TablePointer before;
EventLog* current;

extern "C" const u8 fuzz_stubs[256][16]; // entry.S
extern "C" char image_base;

void fill_table() {
    for (u32 vector = 0; vector < 256; ++vector) {
        const u64 stub = reinterpret_cast<u64>(fuzz_stubs[vector]);
        const bool user = vector == breakpoint || vector == overflow || vector == software_vector;
        const u8 stack = vector == debug          ? stack_of_debug
                         : vector == double_fault ? stack_of_double_fault
                                                  : stack_of_events;
        table[vector] = {static_cast<u16>(stub),
                         selector_code,
                         stack,
                         user ? gate_for_user : gate_interrupt,
                         static_cast<u16>(stub >> 16),
                         static_cast<u32>(stub >> 32),
                         0};
    }
}

bool in_sequence(const EventLog& log, u64 rip) { return ((rip - log.code_start) & 0xFFFF'FFFF) < log.code_length; }

// Does the sequence go on after it?
bool passes(const EventLog& log, const InterruptFrame& frame) {
    switch (frame.vector) {
    case debug:
    case nmi: // INT 2
    case overflow: return true;
    case breakpoint: return in_sequence(log, frame.rip - 1);
    default: return frame.vector >= first_interrupt;
    }
}

void keep_registers(EventLog& log, const InterruptFrame& f) {
    const u64 values[16] = {f.rax, f.rcx, f.rdx, f.rbx, f.rsp, f.rbp, f.rsi, f.rdi,
                            f.r8,  f.r9,  f.r10, f.r11, f.r12, f.r13, f.r14, f.r15};
    __builtin_memcpy(log.registers, values, sizeof values);
}

} // namespace

// Returns 0 to go on, 1 when the sequence is over.
extern "C" u32 fuzz_event(InterruptFrame* frame) {
    EventLog& log = *current;
    if (frame->rip >= reinterpret_cast<u64>(&image_base)) {
        if (frame->vector == debug) {
            ++log.guarded; // DR7.GD, which is 0 now
            write_dr6(dr6_cleared);
            return 0;
        }
        print("fuzz: exception %llu error %llx in the kernel at %llx cr2 %llx\n", frame->vector, frame->error_code,
              frame->rip, read_cr2());
        finish(false, "a sequence left the processor in a state in which the kernel can't go on");
    }
    // Behind 4 GiB the emulator goes on at 0, but shows an instruction pointer of 33 bits until the next jump.
    if (frame->cs == selector_code32 || frame->cs == selector_user_code32)
        frame->rip &= 0xFFFF'FFFF;
    const bool is_debug = frame->vector == debug;
    const u64 dr6 = is_debug ? read_dr6() : 0;
    if (log.count < maximum_events)
        log.events[log.count] = {frame->rip,
                                 frame->cs,
                                 frame->rflags,
                                 frame->rsp,
                                 frame->ss,
                                 static_cast<u32>(frame->vector),
                                 static_cast<u32>(frame->error_code),
                                 dr6};
    ++log.count;
    if (is_debug) {
        write_dr6(dr6_cleared);
        frame->rflags |= rflags_rf; // past an instruction breakpoint
    } else if (frame->vector >= first_interrupt && frame->vector != software_vector) {
        end_interrupt();
    }
    if (passes(log, *frame) && log.count < maximum_events)
        return 0;
    keep_registers(log, *frame);
    return 1;
}

void prepare_event_stacks() {
    fill_table();
    Tss& tss = this_processor().descriptors.tss;
    for (u32 i = 0; i < 3; ++i)
        tss.ist[stack_of_events - 1 + i] = reinterpret_cast<u64>(stacks[i] + sizeof stacks[i]);
}

void begin_events(EventLog& log) {
    current = &log;
    asm volatile("sidt %0" : "=m"(before));
    static TablePointer ours;
    ours = {sizeof table - 1, reinterpret_cast<u64>(table)};
    asm volatile("lidt %0" : : "m"(ours));
}

void end_events() { asm volatile("lidt %0" : : "m"(before)); }

} // namespace nadir::conformance::fuzz
