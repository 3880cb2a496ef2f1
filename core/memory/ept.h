// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The second-level translation: every guest-physical address is the same host-physical address, with the memory type that
// the MTRRs give it, except for our own memory, behind which lies one empty page, and for what a host moved.
//
// Leaves are as large as they can be: 1 GiB where the processor has it, the type is uniform and nothing of ours is inside;
// else 2 MiB, else 4 KiB. The first 512 GiB, and wherever our own memory lies, are built at the start; what lies above is
// built by 512 GiB (1 GiB without 1 GiB pages) when the guest first touches it, since most of a wide physical address
// space is never touched.
//
// Whoever changes the tables holds a lock: one at a time. Processors walk them all the while, so every entry is written at
// once and a table is complete before an entry points to it.
#pragma once

#include <cstdint>

#include "arch/vmx/ept.h"
#include "core/memory/memory_types.h"
#include "core/memory/table_pool.h"

namespace nadir::core {

// Guest-physical [0, bytes) that lies at another physical address, and the processors' own memory there out of sight.
struct MovedMemory {
    uint64_t bytes;
    uint64_t physical;
};

struct HiddenRange {
    uint64_t physical;
    uint64_t bytes;
};

// What the tables are built from. Everything in it lies in the arena.
struct EptPlan {
    static constexpr unsigned most_hidden = 32;

    MtrrValues mtrr;
    uint32_t physical_bits;
    bool large_1g;
    MovedMemory low_memory;
    uint32_t hidden_count;
    HiddenRange hidden[most_hidden];
    uint64_t hidden_page; // physical address of the page that stands for our memory
    TablePool pool;
    uint64_t root; // physical address of the PML4
};

enum class EptResult : uint8_t {
    mapped,
    already_mapped, // by another processor meanwhile: the guest just tries again
    no_memory,
    beyond_width, // not a physical address of this processor
};

// How many pages the tables of this plan need at the start, for `plan.pool`, with a reserve for what is built later.
uint32_t ept_pages_needed(const EptPlan& plan);

// Can the guest touch so many different parts that the reserve does not suffice? Then each processor needs some
// of its own (core/memory/ept_own_tables.h).
bool ept_may_outgrow_pool(const EptPlan& plan);

// Builds what is built at the start. plan.pool must be set. False when the pool does not suffice.
bool ept_build(EptPlan& plan);

// The entry that maps an address: a leaf, or one that is not present.
arch::EptEntry ept_lookup(const EptPlan& plan, uint64_t address);

// Maps what lies around a guest-physical address that isn't mapped yet.
EptResult ept_map(EptPlan& plan, uint64_t address);

// What lies behind the guest-physical page at `address`, as the tables say or would say.
struct PageBehind {
    uint64_t physical;
    bool exists; // false: no physical address of this processor
    bool hidden; // it is the page that stands for our memory
};
PageBehind page_behind(const EptPlan& plan, uint64_t address);

// Gives every existing leaf the type that plan.mtrr says now: splits where it must, joins where a larger leaf will do and
// gives the pages back. The caller invalidates. False when the pool does not suffice: then what could not be split is UC.
bool ept_refresh_types(EptPlan& plan);

} // namespace nadir::core
