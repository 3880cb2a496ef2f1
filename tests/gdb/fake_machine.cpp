// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The debugger's protocol on a machine that is made up, served to a real GDB: fake_machine FILE_DESCRIPTOR, a connected socket. Two
// processors whose every instruction is one byte long and does nothing; at `loop_end` they jump back to `loop_begin`. A page of
// memory lies at 1000H. A third processor never comes.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "core/gdb/conversation.h"
#include "core/gdb/line.h"
#include "core/gdb/machine.h"

namespace {

constexpr uint32_t processors = 3;
constexpr uint32_t absent = 2;
constexpr uint64_t memory_begin = 0x1000;
constexpr uint64_t loop_begin = 0x1100;
constexpr uint64_t loop_end = 0x1120;

int socket_to_gdb = -1;
uint8_t memory[4096];
uint64_t registers_of[processors][64];
std::set<uint64_t> breakpoints;

} // namespace

namespace nadir::core::gdb {

std::optional<uint8_t> receive(uint16_t) {
    pollfd waiting{socket_to_gdb, POLLIN, 0};
    if (poll(&waiting, 1, 1) != 1) {
        return std::nullopt;
    }
    uint8_t byte = 0;
    if (read(socket_to_gdb, &byte, 1) != 1) {
        std::exit(0); // GDB is gone; a serial line wouldn't tell
    }
    return byte;
}

bool send(uint16_t, uint8_t byte) { return write(socket_to_gdb, &byte, 1) == 1; }

uint32_t processor_count(const Vmm&) { return processors; }
bool is_there(const Vmm&, uint32_t processor) { return processor != absent; }

bool read_register(Vmm&, uint32_t processor, Register which, Value& value) {
    value = registers_of[processor][static_cast<unsigned>(which)];
    return true;
}

bool write_register(Vmm&, uint32_t processor, Register which, Value value) {
    if (which == Register::cr3) {
        return false;
    }
    registers_of[processor][static_cast<unsigned>(which)] = value;
    return true;
}

static uint32_t reachable(uint64_t linear, uint32_t bytes) {
    if (linear < memory_begin || linear >= memory_begin + sizeof(memory)) {
        return 0;
    }
    const uint64_t left = memory_begin + sizeof(memory) - linear;
    return left < bytes ? static_cast<uint32_t>(left) : bytes;
}

uint32_t read_memory(Vmm&, uint32_t, uint64_t linear, uint8_t* to, uint32_t bytes) {
    const uint32_t there = reachable(linear, bytes);
    std::memcpy(to, memory + (there == 0 ? 0 : linear - memory_begin), there);
    return there;
}

uint32_t write_memory(Vmm&, uint32_t, uint64_t linear, const uint8_t* from, uint32_t bytes) {
    const uint32_t there = reachable(linear, bytes);
    std::memcpy(memory + (there == 0 ? 0 : linear - memory_begin), from, there);
    return there;
}

PointAnswer set_point(Vmm&, uint32_t, Point kind, uint64_t linear, uint32_t) {
    if (kind == Point::read) {
        return PointAnswer::unknown;
    }
    if (kind != Point::software_breakpoint || reachable(linear, 1) == 0) {
        return PointAnswer::refused;
    }
    breakpoints.insert(linear);
    return PointAnswer::done;
}

PointAnswer remove_point(Vmm&, uint32_t, Point, uint64_t linear, uint32_t) {
    return breakpoints.erase(linear) != 0 ? PointAnswer::done : PointAnswer::unknown;
}

void remove_all_points(Vmm&) { breakpoints.clear(); }

bool put_monitor(Vmm&, uint32_t processor, std::string_view words, base::Writer& out) {
    if (words != "where") {
        return false;
    }
    out.text("on processor ").decimal(processor).character('\n');
    return true;
}

void put_processor(Vmm&, uint32_t processor, base::Writer& out) { out.text("made up ").decimal(processor); }

} // namespace nadir::core::gdb

namespace {

using namespace nadir::core::gdb;

uint64_t& rip(uint32_t processor) { return registers_of[processor][static_cast<unsigned>(Register::rip)]; }

void execute(uint32_t processor) { rip(processor) = rip(processor) == loop_end ? loop_begin : rip(processor) + 1; }

// One round of all processors. True: `stop` says why they stand still.
bool run(Session& session, Stop& stop) {
    for (uint32_t i = 0; i < processors; ++i) {
        if (i == absent || session.motions[i] == Motion::stay) {
            continue;
        }
        if (breakpoints.contains(rip(i))) {
            stop = {StopReason::breakpoint, i, 0};
            return true;
        }
        execute(i);
        if (session.motions[i] == Motion::step) {
            stop = {StopReason::step, i, 0};
            return true;
        }
    }
    if (wants_stop(session, 0) != StopWish::none) {
        stop = {StopReason::asked_for, 0, 0};
        return true;
    }
    return false;
}

} // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "fake_machine FILE_DESCRIPTOR\n");
        return 2;
    }
    socket_to_gdb = std::atoi(words[1]);
    for (uint32_t i = 0; i < processors; ++i) {
        for (unsigned k = 0; k < registers.size(); ++k) {
            registers_of[i][k] = (uint64_t{i + 1} << 24) + k;
        }
        rip(i) = loop_begin + i;
    }
    for (uint32_t i = 0; i < sizeof(memory); ++i) {
        memory[i] = static_cast<uint8_t>(i * 7);
    }
    const auto session = std::make_unique<Session>();
    auto* const vmm = reinterpret_cast<nadir::core::Vmm*>(session.get()); // nobody looks into it
    Stop stop{StopReason::asked_for, 0, 0};
    for (bool waiting = false;; waiting = true) {
        begin(*session, stop);
        if (converse(*session, *vmm, 0, waiting) == After::detached) {
            std::printf("detached with %zu breakpoints\n", breakpoints.size());
            return 0;
        }
        while (!run(*session, stop)) {
        }
    }
}
