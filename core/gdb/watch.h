// SPDX-License-Identifier: MIT OR GPL-2.0-only
// GDB's watchpoints: memory of any length, without a debug register, in a guard (core/views/guard.h) that all processors have. They
// change only while everybody stands still.
#pragma once

#include <cstdint>
#include <span>

#include "core/gdb/machine.h"
#include "core/views/access.h"

namespace nadir::core::gdb {

// As much of one as lies side by side in physical memory.
struct Watched {
    uint64_t first, last; // guest-physical
    uint64_t linear;      // of the first
    uint32_t point;       // its number among the points
    Point kind;
};

std::span<const Watched> watched_parts(const Vmm& vmm);

// Bits of enum nadir_memory_access: what is watched in the page around this address. 0 where there is no debugger.
uint32_t watched_kinds(const Vmm& vmm, uint64_t address);

// The watchpoint that this access meets. Null: none, the page has it only beside.
const Watched* find_watched(const Vmm& vmm, const MemoryAccess& access);
// Where it begins, of what is watched: GDB knows its watchpoints by that.
uint64_t watched_address(const Watched& part, const MemoryAccess& access);

} // namespace nadir::core::gdb
