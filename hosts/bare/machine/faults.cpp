// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/faults.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

namespace {

constexpr const char* exception_names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "?",   "#TS",
    "#NP", "#SS", "#GP", "#PF", "?",   "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

[[noreturn]] void print_and_stop(const InterruptFrame& f) {
    const u64 count = sizeof exception_names / sizeof exception_names[0];
    print("@@ exception %s (%llu) error %llx on processor %u\n", f.vector < count ? exception_names[f.vector] : "?",
          f.vector, f.error_code, this_processor().number);
    print("rip %04llx:%016llx rflags %llx rsp %04llx:%016llx\n", f.cs, f.rip, f.rflags, f.ss, f.rsp);
    print("rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", f.rax, f.rbx, f.rcx, f.rdx);
    print("rsi %016llx rdi %016llx rbp %016llx r8  %016llx\n", f.rsi, f.rdi, f.rbp, f.r8);
    print("r9  %016llx r10 %016llx r11 %016llx r12 %016llx\n", f.r9, f.r10, f.r11, f.r12);
    print("r13 %016llx r14 %016llx r15 %016llx\n", f.r13, f.r14, f.r15);
    print("cr0 %llx cr2 %llx cr3 %llx cr4 %llx dr6 %llx dr7 %llx\n", read_cr0(), read_cr2(), read_cr3(), read_cr4(),
          read_dr6(), read_dr7());
    finish(false, "exception");
}

void note_step(StepLog& log, InterruptFrame& frame) {
    constexpr u64 rflags_rf = 1u << 16;
    const bool debug = frame.vector == 1;
    if (log.count < sizeof log.steps / sizeof log.steps[0])
        log.steps[log.count] = {frame.rip, static_cast<u32>(frame.vector), debug ? static_cast<u32>(read_dr6()) : 0};
    ++log.count;
    if (debug)
        write_dr6(0xFFFF'0FF0);
    if (log.count >= log.limit)
        frame.rflags &= ~rflags_tf;
    frame.rflags |= debug ? rflags_rf : 0; // past an instruction breakpoint
}

void resume_guarded(FaultGuard& guard, InterruptFrame& frame) {
    guard.vector = static_cast<u32>(frame.vector);
    guard.error_code = static_cast<u32>(frame.error_code);
    guard.rip = frame.rip;
    guard.rflags = frame.rflags;
    guard.cr2 = frame.vector == 14 ? read_cr2() : 0;
    guard.dr6 = frame.vector == 1 ? read_dr6() : 0;
    guard.rax = frame.rax;
    guard.rcx = frame.rcx;
    guard.rdx = frame.rdx;
    frame.rip = guard.resume_rip;
    frame.rsp = guard.resume_rsp;
    frame.cs = guard.cs;
    frame.ss = guard.ss;
    frame.rflags = 2;
    frame.rax = guard.vector;
}

InterruptHandler first_handler;

struct MsrAccess {
    u32 number;
    u64 value;
};

} // namespace

extern "C" u32 guarded_call(FaultGuard* guard, void (*procedure)(void*), void* argument);

void take_interrupts(InterruptHandler handler) { first_handler = handler; }

extern "C" void handle_interrupt(InterruptFrame* frame) {
    if (first_handler != nullptr && first_handler(*frame))
        return;
    Processor& processor = this_processor();
    if (frame->vector == 2) {
        ++processor.nmi_count;
    } else if (frame->vector >= 32) {
        ++processor.interrupt_count;
        ++processor.vector_counts[frame->vector];
        if (processor.steps != nullptr)
            note_step(*processor.steps, *frame);
        end_interrupt();
    } else if (frame->vector == 1 && processor.steps != nullptr) {
        note_step(*processor.steps, *frame);
    } else if (processor.guard != nullptr) {
        resume_guarded(*processor.guard, *frame);
        processor.guard = nullptr;
    } else {
        print_and_stop(*frame);
    }
}

u32 guarded(FaultGuard& guard, void (*procedure)(void*), void* argument) {
    Processor& processor = this_processor();
    FaultGuard* outer = processor.guard;
    asm("mov %%cs, %0; mov %%ss, %1" : "=r"(guard.cs), "=r"(guard.ss));
    processor.guard = &guard;
    const u32 vector = guarded_call(&guard, procedure, argument);
    processor.guard = outer;
    return vector;
}

bool try_read_msr(u32 number, u64& value) {
    FaultGuard guard;
    MsrAccess access{number, 0};
    const u32 vector = guarded(
        guard, [](void* p) { static_cast<MsrAccess*>(p)->value = read_msr(static_cast<MsrAccess*>(p)->number); },
        &access);
    value = access.value;
    return vector == no_fault;
}

bool try_write_msr(u32 number, u64 value) {
    FaultGuard guard;
    MsrAccess access{number, value};
    return guarded(
               guard, [](void* p) { write_msr(static_cast<MsrAccess*>(p)->number, static_cast<MsrAccess*>(p)->value); },
               &access) == no_fault;
}

} // namespace nadir::bare
