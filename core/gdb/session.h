// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A debugger's visit: what GDB has said so far, and the answers to its packets. Each processor is a thread, with its number plus
// one. GDB's all-stop mode: while packets are answered, every processor stands still.
// [Debugging with GDB, "Packets" of "GDB Remote Serial Protocol"]
#pragma once

#include <cstdint>
#include <string_view>

#include "base/format.h"
#include "core/gdb/machine.h"
#include "core/gdb/packet.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

enum class StopReason : uint8_t { asked_for, step, breakpoint, write, read, access };

// Of a watchpoint.
constexpr StopReason reason_of(Point kind) {
    switch (kind) {
    case Point::write: return StopReason::write;
    case Point::read: return StopReason::read;
    default: return StopReason::access;
    }
}

struct Stop {
    StopReason reason;
    uint32_t processor;
    uint64_t address; // of a watched access
};

// What a packet makes of the machine.
enum class After : uint8_t {
    answered,
    partly, // of a `monitor` command: the next part of its answer follows
    go_on,
    detached,
};

// Zeroed memory is a session in which nothing has been said.
struct Session {
    PacketReader reader;
    bool quiet;        // GDB wants no acknowledgements
    bool knows_points; // and takes a stop's `swbreak`
    uint32_t shown;    // processor that registers and memory are asked of
    uint32_t moved;    // and that `s` steps; every_processor: all
    uint32_t listed;   // next one for the list of threads
    Stop stop;
    Motion motions[max_processors]; // with After::go_on
    char command[128];              // the `monitor` command whose answer comes in parts
    uint32_t command_length;
    uint32_t next_part;        // where the next one begins
    char answer[most_words];   // words, before they are written in hexadecimal
    char reply[most_data + 1]; // the last one: it may be asked for again
};

inline constexpr uint32_t every_processor = ~uint32_t{0};

// A new visit: the machine has just stopped.
void begin(Session& session, Stop stop);

// The answer to one packet, to be sent unless it is After::go_on. `reply` has room for most_data.
After answer(Session& session, Vmm& vmm, std::string_view packet, base::Writer& reply);
// The next part, behind After::partly.
After answer_on(Session& session, Vmm& vmm, base::Writer& reply);

// The answer to the packet that let the machine go on, once it has stopped again.
void put_stop(const Session& session, base::Writer& reply);

} // namespace nadir::core::gdb
