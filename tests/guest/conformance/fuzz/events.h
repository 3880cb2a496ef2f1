// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exceptions and interrupts while a sequence runs: noted, and either passed over or the end of it.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::conformance::fuzz {

using namespace nadir::bare;

constexpr u32 maximum_events = 24;

struct Event {
    u64 rip, cs, rflags, rsp, ss;
    u32 vector;
    u32 error_code;
    u64 dr6; // of a debug exception
};

struct EventLog {
    u64 code_start; // where a breakpoint instruction is part of the sequence, and not the filler behind it
    u64 code_length;
    u32 count;   // of all, of which the first are kept
    u32 guarded; // how often DR7.GD was met by the kernel itself
    Event events[maximum_events];
    u64 registers[16]; // when the last one came
};

// Interrupt stacks of this processor.
void prepare_event_stacks();

// Between the two, events go to `log`, by an interrupt descriptor table of our own.
void begin_events(EventLog& log);
void end_events();

} // namespace nadir::conformance::fuzz
