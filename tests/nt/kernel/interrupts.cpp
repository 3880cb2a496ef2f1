// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/interrupts.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/image.h"
#include "tests/nt/image/pageable.h"
#include "tests/nt/imports/executive.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u64 vector_nmi = 2;
constexpr u64 vector_debug = 1;
constexpr u64 vector_page_fault = 14;
constexpr u64 first_interrupt = 32;
constexpr u64 spurious = 0xFF;
constexpr u64 ticks_per_quantum = 2;

void request_dispatch_interrupt(Cpu& self) { bare::send_ipi(self.machine->apic_id, bare::icr_fixed | vector_dispatch); }

void clock_interrupt(Cpu& self) {
    ++self.ticks;
    if (self.index == 0)
        advance_clock();
    if (self.ticks % ticks_per_quantum == 0) {
        self.resume = true;
        request_dispatch_interrupt(self);
    }
}

// The quantum is at its end, and the level low enough for another thread.
void dispatch_interrupt(Cpu& self) {
    if (self.resume && self.current != self.idle) {
        self.resume = false;
        ++self.preemptions;
        yield();
    }
}

void interrupt(Cpu& self, u64 vector) {
    const u64 level = bare::read_cr8();
    bare::write_cr8(vector >> 4);
    if (vector == vector_clock)
        clock_interrupt(self);
    else if (vector == vector_ipi && frozen())
        for (;;)
            asm volatile("hlt"); // with interrupts off
    else if (vector == vector_ipi)
        ++self.ipis;
    else if (vector != vector_dispatch)
        violation(rule::state, 0, "an interrupt came on vector %llx, which nobody uses", vector);
    bare::end_interrupt();
    if (vector == vector_dispatch)
        dispatch_interrupt(self);
    bare::write_cr8(level);
}

void see_unmapped_pages(Cpu& self) {
    const u64 now = unmap_count();
    if (self.unmaps_seen == now)
        return;
    self.unmaps_seen = now;
    bare::write_cr3(bare::read_cr3());
}

// On a stack of its own, whatever it has interrupted.
void take_nmi(Cpu& self) {
    alignas(16) u8 fpu[512];
    const u64 level = bare::read_cr8();
    bare::write_cr8(high_level);
    asm volatile("fxsave64 %0" : "=m"(fpu));
    self.in_nmi = true;
    call_nmi_callbacks();
    self.in_nmi = false;
    asm volatile("fxrstor64 %0" : : "m"(fpu));
    ++self.nmis;
    bare::write_cr8(level);
}

[[noreturn]] void unexpected_exception(const bare::InterruptFrame& f) {
    char where[64];
    describe_address(where, f.rip);
    bare::print("rax %llx rcx %llx rdx %llx rbx %llx rsi %llx rdi %llx rbp %llx r8 %llx r9 %llx rsp %llx cr8 %llx\n",
                f.rax, f.rcx, f.rdx, f.rbx, f.rsi, f.rdi, f.rbp, f.r8, f.r9, f.rsp, bare::read_cr8());
    const Thread& thread = this_thread();
    if (f.rsp < reinterpret_cast<u64>(thread.stack_low) || f.rsp >= reinterpret_cast<u64>(thread.stack_high))
        violation(rule::stack, f.rip, "exception %llu with a stack that isn't its thread's, or has overflowed (%llx)",
                  f.vector, f.rsp);
    // What on the stack may be return addresses into the driver.
    for (u64 at = f.rsp; at < f.rsp + 512 && at < reinterpret_cast<u64>(thread.stack_high); at += 8)
        if (const u64 value = *reinterpret_cast<const u64*>(at); find_section(value) != nullptr) {
            describe_address(where, value);
            bare::print("stack+%llx:%s\n", at - f.rsp, where);
        }
    if (f.vector == vector_page_fault)
        page_fault_violation(f);
    violation(rule::exception, f.rip, "exception %llu, error code %llx", f.vector, f.error_code);
}

} // namespace

bool handle(bare::InterruptFrame& frame) {
    Cpu* self = cpu_by_gdt();
    if (self == nullptr || !self->running)
        return false;
    if (frame.vector == vector_nmi) {
        take_nmi(*self);
        return true;
    }
    if (frame.vector >= first_interrupt) {
        if (frame.vector == spurious)
            return true;
        if (const char* why = wrong_state())
            violation(rule::state, frame.rip, "at an interrupt %s", why);
        close_pageable(*self);
        see_unmapped_pages(*self);
        interrupt(*self, frame.vector);
        return true;
    }
    if (bare::read_msr(bare::msr_gs_base) != reinterpret_cast<u64>(self)) {
        bare::write_msr(bare::msr_gs_base, reinterpret_cast<u64>(self));
        violation(rule::state, frame.rip, "exception %llu with a GS base that isn't the KPCR", frame.vector);
    }
    if (frame.vector == vector_debug && step_pageable(*self, frame))
        return true;
    if (frame.vector == vector_page_fault && open_pageable(*self, frame))
        return true;
    if (self->machine->guard != nullptr)
        return false;
    unexpected_exception(frame);
}

} // namespace nadir::nt
