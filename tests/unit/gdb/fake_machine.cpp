// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "fake_machine.h"

#include <cstring>

#include "core/gdb/conversation.h"
#include "core/gdb/debugger.h"
#include "core/gdb/machine.h"
#include "core/vmm.h"

namespace fake {

Machine machine;

void reset() {
    machine.breakpoints.clear();
    machine.refused = {};
    for (uint32_t i = 0; i < processors; ++i) {
        for (unsigned k = 0; k < nadir::core::gdb::registers.size(); ++k) {
            machine.registers[i][k] = (uint64_t{i + 1} << 24) + k;
        }
        machine.rip(i) = loop_begin + i;
    }
    for (uint32_t i = 0; i < memory_bytes; ++i) {
        machine.memory[i] = static_cast<uint8_t>(i * 7);
    }
}

bool run(const nadir::core::gdb::Session& session, nadir::core::gdb::Stop& stop) {
    using namespace nadir::core::gdb;
    for (uint32_t i = 0; i < processors; ++i) {
        if (i == absent || session.motions[i] == Motion::stay) {
            continue;
        }
        uint64_t& rip = machine.rip(i);
        if (machine.breakpoints.contains(rip)) {
            stop = {StopReason::breakpoint, i, 0};
            return true;
        }
        rip = rip == loop_end ? loop_begin : rip + 1;
        if (session.motions[i] == Motion::step) {
            stop = {StopReason::step, i, 0};
            return true;
        }
    }
    return false;
}

void serve(nadir::core::gdb::Session& session, unsigned most_rounds) {
    using namespace nadir::core::gdb;
    const Stop asked{StopReason::asked_for, 0, 0};
    Stop stop = asked;
    bool waiting = false;
    for (;;) {
        begin(session, stop);
        if (converse(session, vmm(), 0, waiting) == After::detached) {
            return;
        }
        stop = asked;
        StopWish wish = StopWish::none;
        for (unsigned i = 0; i < most_rounds && wish == StopWish::none && !run(session, stop); ++i) {
            wish = wants_stop(session, 0);
        }
        waiting = wish != StopWish::visit; // who has just come asks for itself
    }
}

nadir::core::Vmm& vmm() {
    alignas(nadir::core::Vmm) static unsigned char nothing[sizeof(nadir::core::Vmm)];
    return *reinterpret_cast<nadir::core::Vmm*>(nothing);
}

} // namespace fake

namespace nadir::core::gdb {

using fake::machine;

namespace {

uint32_t reachable(uint64_t linear, uint32_t bytes) {
    if (linear < fake::memory_begin || linear >= fake::memory_begin + fake::memory_bytes) {
        return 0;
    }
    const uint64_t left = fake::memory_begin + fake::memory_bytes - linear;
    return left < bytes ? static_cast<uint32_t>(left) : bytes;
}

uint8_t* at(uint64_t linear) { return machine.memory + (linear - fake::memory_begin); }

} // namespace

uint32_t processor_count(const Vmm&) { return fake::processors; }
bool is_there(const Vmm&, uint32_t processor) { return processor != fake::absent; }

bool read_register(Vmm&, uint32_t processor, Register which, Value& value) {
    value = machine.registers[processor][static_cast<unsigned>(which)];
    return true;
}

bool write_register(Vmm&, uint32_t processor, Register which, Value value) {
    if (which == Register::cr3) {
        return false;
    }
    machine.registers[processor][static_cast<unsigned>(which)] = value;
    return true;
}

uint32_t read_memory(Vmm&, uint32_t, uint64_t linear, uint8_t* to, uint32_t bytes) {
    const uint32_t there = reachable(linear, bytes);
    if (there != 0) {
        std::memcpy(to, at(linear), there);
    }
    return there;
}

uint32_t write_memory(Vmm&, uint32_t, uint64_t linear, const uint8_t* from, uint32_t bytes) {
    const uint32_t there = reachable(linear, bytes);
    if (there != 0) {
        std::memcpy(at(linear), from, there);
    }
    return there;
}

PointAnswer set_point(Vmm&, uint32_t, Point kind, uint64_t linear, uint32_t) {
    if (kind == Point::read) {
        return PointAnswer::unknown;
    }
    if (kind != Point::software_breakpoint || reachable(linear, 1) == 0) {
        return PointAnswer::refused;
    }
    machine.breakpoints.insert(linear);
    return PointAnswer::done;
}

PointAnswer remove_point(Vmm&, uint32_t, Point, uint64_t linear, uint32_t) {
    return machine.breakpoints.erase(linear) != 0 ? PointAnswer::done : PointAnswer::unknown;
}

bool can_step(Vmm&, uint32_t processor) { return machine.rip(processor) != fake::unsteppable; }

void remove_all_points(Vmm&) { machine.breakpoints.clear(); }

// `parts`: one line each. `silent`: a command that is carried out without a word.
Monitored put_monitor(Vmm&, uint32_t processor, std::string_view words, uint32_t& next, base::Writer& out) {
    if (words == "where") {
        out.text("on processor ").decimal(processor).character('\n');
        return Monitored::whole;
    }
    if (words == "parts") {
        ++next;
        out.text("part ").decimal(next).character('\n');
        return next < 3 ? Monitored::partly : Monitored::whole;
    }
    return words == "silent" ? Monitored::whole : Monitored::unknown;
}

void run_on(Vmm&, uint32_t, Task& task) {
    task.done = task.errand == Errand::read_field && task.linear < fake::first_absent_field;
    task.value = task.linear;
}

void refuse(Vmm&, const Refused& refused) { machine.refused = refused; }

void forget_refusal(Vmm&) { machine.refused = {}; }

Refusal why_no_memory(Vmm&, uint32_t, uint64_t) { return Refusal::not_mapped; }

void put_processor(Vmm&, uint32_t processor, base::Writer& out) { out.text("made up ").decimal(processor); }

} // namespace nadir::core::gdb
