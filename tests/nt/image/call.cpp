// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/image/call.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u32 general_registers = 8;
constexpr u32 vector_words = 10 * 2;
constexpr const char* names[general_registers] = {"RBX", "RBP", "RSI", "RDI", "R12", "R13", "R14", "R15"};

struct Preserved {
    u64 general[general_registers];
    u64 vector[vector_words];
};

// call_driver.S knows the layout.
struct DriverCall {
    const void* function;
    u64 argument[4];
    u64 reserved;
    Preserved pattern;
    Preserved after;
    u32 mxcsr;
    u16 x87_control;
};
static_assert(offsetof(DriverCall, pattern) == 48 && offsetof(DriverCall, after) == 48 + 64 + 160);
static_assert(offsetof(DriverCall, mxcsr) == 48 + 2 * (64 + 160));

extern "C" u64 nt_call_driver(DriverCall* call);

void check_registers(const char* what, const DriverCall& call) {
    const u64 function = reinterpret_cast<u64>(call.function);
    for (u32 i = 0; i < general_registers; ++i)
        if (call.after.general[i] != call.pattern.general[i])
            violation(rule::registers, function, "%s changed %s", what, names[i]);
    for (u32 i = 0; i < vector_words; ++i)
        if (call.after.vector[i] != call.pattern.vector[i])
            violation(rule::registers, function, "%s changed XMM%u", what, 6 + i / 2);
    if ((call.mxcsr & ~0x3Fu) != 0x1F80)
        violation(rule::registers, function, "%s changed MXCSR to %x", what, call.mxcsr);
    if (call.x87_control != 0x027F)
        violation(rule::registers, function, "%s changed the x87 control word to %x", what,
                  static_cast<u32>(call.x87_control));
}

} // namespace

u64 call_driver(const char* what, const void* function, u64 argument1, u64 argument2, u64 argument3, u64 argument4) {
    const u64 address = reinterpret_cast<u64>(function);
    DriverCall call{function, {argument1, argument2, argument3, argument4}, 0, {}, {}, 0, 0};
    for (u32 i = 0; i < general_registers; ++i)
        call.pattern.general[i] = 0x1111'0000'2222'0000 + i;
    for (u32 i = 0; i < vector_words; ++i)
        call.pattern.vector[i] = 0x3FF0'0000'0000'0000 + address + i;
    const u32 level = irql();
    const bool interrupts = (bare::read_rflags() & bare::rflags_if) != 0;
    Thread& thread = this_thread();
    const u64 allowed = thread.allowed;
    const u32 held = thread.held_mutants;

    const u64 result = nt_call_driver(&call);

    if (const char* why = wrong_state())
        violation(rule::state, address, "after %s %s", what, why);
    if (irql() != level)
        violation(rule::irql, address, "%s was called at IRQL %u and returned at IRQL %u", what, level, irql());
    const u64 flags = bare::read_rflags();
    if (((flags & bare::rflags_if) != 0) != interrupts)
        violation(rule::state, address, "%s returned with interrupts %s", what, interrupts ? "off" : "on");
    constexpr u64 direction = 1u << 10;
    if ((flags & direction) != 0)
        violation(rule::state, address, "%s returned with the direction flag set", what);
    check_registers(what, call);
    if (&this_thread() != &thread)
        violation(rule::state, address, "%s returned to another thread", what);
    if (thread.allowed != allowed || thread.system_affinity)
        violation(rule::affinity, address, "%s returned with another affinity: %llx, where it was %llx", what,
                  thread.allowed, allowed);
    if (thread.held_mutants != held)
        violation(rule::object, address, "%s returned with a mutex that it holds", what);
    return result;
}

u64 last_caller() { return this_thread().last_caller; }

void note_caller(u64 address) { this_thread().last_caller = address; }

} // namespace nadir::nt
