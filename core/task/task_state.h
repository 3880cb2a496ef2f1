// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A task's state as a task switch saves and loads it, in the format of a 32-bit or a 16-bit TSS.
// [SDM3 "Task-State Segment (TSS)"], [SDM3 "16-Bit Task-State Segment (TSS)"]
#pragma once

#include <cstdint>

#include "arch/rflags.h"
#include "arch/segments.h"
#include "core/memory/guest_linear.h"

namespace nadir::core {

// Both formats' fields. A 16-bit TSS has no CR3, FS, GS and debug trap.
struct TaskState {
    uint32_t eip;
    arch::Rflags flags;
    uint32_t general[8]; // by their encoding: EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI
    arch::Selector es, cs, ss, ds, fs, gs;
    arch::Selector ldtr; // static, as CR3 and the trap bit: loaded, never saved
    uint32_t cr3;
    bool debug_trap;
};

// A TSS where it lies in the guest.
struct TaskSegment {
    arch::Selector selector;
    uint32_t base;
    uint32_t limit;
    arch::AccessRights rights;

    // Else 32-bit.
    bool is_16_bit() const {
        return rights.type() == arch::segment_type::tss16_available || rights.type() == arch::segment_type::tss16_busy;
    }
};

// How much of it a task switch reads of the new one, and writes to the old one, which must reach as far as `least_limit`.
uint32_t bytes_read(const TaskSegment& tss);
uint32_t least_limit(const TaskSegment& tss);
uint32_t first_byte_saved(const TaskSegment& tss);
uint32_t bytes_saved(const TaskSegment& tss);

MaybeFault load_task_state(const GuestLinear& guest, const TaskSegment& tss, TaskState& state);
MaybeFault save_task_state(const GuestLinear& guest, const TaskSegment& tss, const TaskState& state);

} // namespace nadir::core
