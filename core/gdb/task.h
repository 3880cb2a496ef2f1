// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the server asks of a processor that stands still: only it can reach its own VMCS, registers and page tables. An enumeration and
// a switch, for the core calls no function by a pointer. Root mode, on the processor in question, with its VMCS current.
#pragma once

#include <cstdint>

#include "core/gdb/machine.h"
#include "core/vcpu.h"

namespace nadir::core::gdb {

// An entry of the page tables that a walk has read.
struct WalkStep {
    uint64_t physical;
    uint64_t value;
};

enum class Errand : uint8_t {
    read_register,  // which: value, done
    write_register, // which, value: refusal
    describe,       // value: its CPL; done: it halts
    read_bytes,     // linear, to, bytes: count
    write_bytes,    // linear, from, bytes: count
    translate,      // linear: value is the physical address, refusal
    walk,           // the same, and steps, from the top: count
    judge_step,     // done: its next instruction can be stepped
    read_field,     // linear is the field's encoding: value, done
    // Of core/gdb/apply.h, in this order:
    leave_views,
    rebuild_views, // refusal
    take_views,
    arm_views,
};

struct Task {
    static constexpr uint32_t most_steps = 5; // levels

    Errand errand{};
    Register which{};
    Refusal refusal{};
    bool done = false;
    uint32_t bytes = 0;
    uint32_t count = 0;
    uint64_t linear = 0;
    uint64_t value = 0;
    WalkStep steps[most_steps] = {};
    uint8_t* to = nullptr;
    const uint8_t* from = nullptr;
};

void do_here(Vcpu& vcpu, Task& task);

// Its parts, each where what it is about is at home.
bool get_register(const Vcpu& vcpu, Register which, Value& value);
Refusal set_register(Vcpu& vcpu, Register which, Value value);
bool is_halted();
// Refusal::none: there is ordinary memory of the guest's, at `physical`.
Refusal find_memory_here(const Vcpu& vcpu, uint64_t linear, uint64_t& physical);
uint32_t read_bytes_here(const Vcpu& vcpu, uint64_t linear, uint8_t* to, uint32_t bytes);
uint32_t write_bytes_here(Vcpu& vcpu, uint64_t linear, const uint8_t* from, uint32_t bytes);
bool can_step_here(const Vcpu& vcpu);
void walk_here(const Vcpu& vcpu, Task& task);
void read_field_here(const Vcpu& vcpu, Task& task);

} // namespace nadir::core::gdb
