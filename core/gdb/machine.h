// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the debugger asks of the machine. All of it happens while every processor stands still in root mode; who executes these
// functions (core/gdb/machine.cpp) has the processor in question do what only it can do.
#pragma once

#include <cstdint>

#include "base/format.h"
#include "core/gdb/packet.h"
#include "core/gdb/refusal.h"
#include "core/gdb/registers.h"

namespace nadir::core {
struct Vmm;
}

namespace nadir::core::gdb {

// The value of every register that can be shown fits.
using Value = uint64_t;

enum class Point : uint8_t { software_breakpoint = 0, hardware_breakpoint, write, read, access };

constexpr bool is_breakpoint(Point kind) {
    return kind == Point::software_breakpoint || kind == Point::hardware_breakpoint;
}

enum class PointAnswer : uint8_t {
    done,
    unknown, // it was not set, or this kind isn't there
    refused, // `monitor why` says why
};

// How a processor goes on.
enum class Motion : uint8_t { stay, run, step, undecided };

uint32_t processor_count(const Vmm& vmm);
// One that is in VMX operation, and answers.
bool is_there(const Vmm& vmm, uint32_t processor);

bool read_register(Vmm& vmm, uint32_t processor, Register which, Value& value);
// False: it can't be written, or not so. Then nothing has changed, and that is the newest refusal.
bool write_register(Vmm& vmm, uint32_t processor, Register which, Value value);

// By the linear addresses that this processor has now, with no heed to privilege and write protection. How many bytes could be
// read or written, from the first on.
uint32_t read_memory(Vmm& vmm, uint32_t processor, uint64_t linear, uint8_t* to, uint32_t bytes);
uint32_t write_memory(Vmm& vmm, uint32_t processor, uint64_t linear, const uint8_t* from, uint32_t bytes);

PointAnswer set_point(Vmm& vmm, uint32_t processor, Point kind, uint64_t linear, uint32_t bytes);
PointAnswer remove_point(Vmm& vmm, uint32_t processor, Point kind, uint64_t linear, uint32_t bytes);
// Can this processor execute its next instruction alone, and unseen?
bool can_step(Vmm& vmm, uint32_t processor);
void remove_all_points(Vmm& vmm);

// Who refuses says so: what is below keeps the newest for `monitor why`. (Registers, points and steps are refused there.)
void refuse(Vmm& vmm, const Refused& refused);
// Why a byte can't be read or written.
Refusal why_no_memory(Vmm& vmm, uint32_t processor, uint64_t linear);
void put_refusal(const Vmm& vmm, base::Writer& out);
// A GDB has come: what another one was refused isn't its business.
void forget_refusal(Vmm& vmm);

enum class Monitored : uint8_t {
    unknown, // there is no such command
    whole,
    partly, // to be asked again for the rest, with `next` as it is now
};

// What `monitor TEXT` prints. `out` has room for most_words; `next`: 0 at first.
Monitored put_monitor(Vmm& vmm, uint32_t processor, std::string_view text, uint32_t& next, base::Writer& out);
// What the list of threads says of a processor.
void put_processor(Vmm& vmm, uint32_t processor, base::Writer& out);

} // namespace nadir::core::gdb
