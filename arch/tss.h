// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// [SDM3 "Task State Segment in IA-32e Mode"]
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir::arch {

// A plain layout: TaskStateSegment64{} is all zeroes.
struct [[gnu::packed]] TaskStateSegment64 {
    std::uint32_t reserved0;
    std::uint64_t rsp[3]; // stack pointers of CPL 0, 1, 2
    std::uint64_t reserved1;
    std::uint64_t ist[7]; // ist[0] is what the manual calls IST1
    std::uint64_t reserved2;
    std::uint16_t reserved3;
    std::uint16_t io_map_base; // sizeof(TaskStateSegment64), behind the segment's limit: no I/O permission bitmap
};
static_assert(sizeof(TaskStateSegment64) == 104);
static_assert(offsetof(TaskStateSegment64, rsp) == 4 && offsetof(TaskStateSegment64, ist) == 36);
static_assert(offsetof(TaskStateSegment64, io_map_base) == 102);

// The task state of protected mode, which a task switch saves and loads. [SDM3 "Task-State Segment (TSS)"]
struct TaskStateSegment32 {
    std::uint16_t previous_task, reserved0;
    std::uint32_t esp0;
    std::uint16_t ss0, reserved1;
    std::uint32_t esp1;
    std::uint16_t ss1, reserved2;
    std::uint32_t esp2;
    std::uint16_t ss2, reserved3;
    std::uint32_t cr3, eip, eflags;
    std::uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    std::uint16_t es, reserved4, cs, reserved5, ss, reserved6, ds, reserved7, fs, reserved8, gs, reserved9;
    std::uint16_t ldtr, reserved10;
    std::uint16_t debug_trap; // bit 0: #DB on a switch to this task
    std::uint16_t io_map_base;
    std::uint32_t ssp; // with shadow stacks
};
static_assert(sizeof(TaskStateSegment32) == 108 && offsetof(TaskStateSegment32, eax) == 40);
static_assert(offsetof(TaskStateSegment32, es) == 72 && offsetof(TaskStateSegment32, io_map_base) == 102);

struct TaskStateSegment16 {
    std::uint16_t previous_task;
    std::uint16_t sp0, ss0, sp1, ss1, sp2, ss2;
    std::uint16_t ip, flags, ax, cx, dx, bx, sp, bp, si, di;
    std::uint16_t es, cs, ss, ds, ldtr;
};
static_assert(sizeof(TaskStateSegment16) == 44 && offsetof(TaskStateSegment16, ldtr) == 42);

} // namespace nadir::arch
