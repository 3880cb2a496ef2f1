// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The debugger beneath the system (docs/debugging.md). Its memory is in the arena and is there if a start asked for it by a port;
// then every processor exits once in a while by the VMX-preemption timer, looks whether GDB says something, and whether it is to
// stand still. Nothing of it needs an interrupt, a breakpoint register or the trap flag of the guest's.
//
// To stop the machine, one processor becomes the server. The others come by their timers, stand still in root mode, and do what
// the server asks of them, for only they can reach their own registers. [SDM3 "VMX-Preemption Timer"]
#pragma once

#include <cstdint>

#include "arch/vmx/instruction_error.h"
#include "core/gdb/conversation.h"
#include "core/gdb/session.h"
#include "core/gdb/task.h"
#include "core/gdb/watch.h"
#include "core/vcpu.h"

namespace nadir::core::gdb {

// A processor's place in the debugger.
struct Seat {
    Motion motion;                // with which it went on last
    uint8_t standing;             // in root mode, and doing what it is asked
    uint8_t stepped;              // the step that it was to make is over
    uint8_t delivers;             // what it steps over is the delivery of an event
    uint8_t hit;                  // its instruction is one under a breakpoint of ours
    uint8_t looks;                // its timer has expired: it is to look at the line
    uint8_t passes;               // what it steps over goes without a step: core/views/flag_pass.h
    StopWish wish;                // GDB's, that it has heard
    Stop saw;                     // its last instruction met a watchpoint
    uint8_t has_seen;             // and nobody has been told
    uint64_t changes;             // of the points, that it has seen
    uint8_t keeps_error;          // a VMREAD for GDB has failed
    arch::InstructionError error; // the VM-instruction error before that
    Task* task;                   // null: nothing is to be done
};

struct SetPoint {
    uint64_t physical;
    uint64_t linear;
    uint32_t bytes;
    Point kind;
    bool used;
};

struct Debugger {
    static constexpr uint32_t most_points = 64;
    static constexpr uint32_t most_parts = 128; // of watchpoints

    Session session;
    uint16_t port;
    bool line_ready;
    bool set_aside;    // the points, while the system changes its own hooks (core/gdb/share.h)
    bool system_hooks; // it has some
    Refused refused;   // the newest one
    uint64_t period;   // of the timers: by what GDB is at, once for all their exits (core/gdb/attend.cpp)
    uint64_t changes;  // of the points in force: who has seen less of them has come meanwhile
    uint32_t polling;  // 1: a processor looks at the line
    uint32_t server;   // the processor that serves, plus one; 0: none does
    uint32_t stop;     // 1: everybody is to stand still
    SetPoint points[most_points];
    uint32_t watched_count;
    Watched watched[most_parts];
    Seat* seats; // behind it; one per processor
};

// With a debugger, and where nobody says how many there are to be.
inline constexpr uint32_t usual_hook_pages = 64;

// Null: the start didn't ask for it.
Debugger* debugger_of(const Vmm& vmm);

// All break- and watchpoints are off the list; nobody has been told.
void forget_points(Debugger& debugger);

// What it takes of the arena, in pages.
uint64_t debugger_pages(uint32_t processors);
// The beginning, in cleared memory.
void place_debugger(Vmm& vmm, void* memory, uint16_t port);

// Has the processor do something, or does it if it is this one. All stand still. Root mode.
void run_on(Vmm& vmm, uint32_t processor, Task& task);

} // namespace nadir::core::gdb
