// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Hidden pages (docs/views.md): the processor executes a copy with our bytes, and whoever reads sees the page as it is. Two views
// of memory (core/memory/view.h) differ in these pages, and each processor is in one of them:
//
//   reading:   the page itself, which may be read and neither written nor executed
//   executing: its copy, which may be executed and nothing else
//
// So who executes in the one, or reads in the other, exits, and the processor changes its view: a VMWRITE of the EPTP, nobody
// else is asked, nothing has to be invalidated. What neither view allows (a write; a read by code that is hidden itself; the
// instruction under a breakpoint) is done by the instruction itself, alone, in tables of this processor that have the page
// open for it (core/views/step.h); then the copy is brought up to date before the processor does anything else.
//
// The views are put together, by hypercalls, while no processor uses them. Until they are armed their pages may be read and
// executed, and a write exits: so a copy is made when nobody can change the page unseen any more.
#pragma once

#include <cstdint>

#include "control/hooks.h"
#include "core/memory/page_pool.h"
#include "core/memory/view.h"
#include "core/vcpu.h"

namespace nadir::core {

struct HiddenPage {
    uint64_t address;   // guest-physical
    uint64_t copy;      // physical
    uint32_t first;     // of its hooks
    uint32_t hooks;     // how many
    uint64_t refreshed; // how often the guest's writes changed the copy
};

// A hook's kind, besides enum nadir_hook_kind: the debugger's (core/gdb/points.cpp). Nothing is counted, and the processor stops.
inline constexpr uint8_t debugger_hook = 0xFF;

struct Hook {
    uint64_t address; // guest-physical
    uint64_t target;  // NADIR_HOOK_REDIRECT: linear address
    uint64_t hits;
    uint64_t changes; // how often the guest changed the byte below
    uint32_t number;  // the host's
    uint8_t kind;     // enum nadir_hook_kind, or debugger_hook
    uint8_t below;    // the byte that the guest has there
    uint16_t reserved;
};

// What the processors share, at the beginning of its memory in the arena. Behind it lie the pages, the hooks and the pool.
struct Views {
    ViewMemory memory; // all of it
    PagePool pool;     // tables of both views, copies
    EptView reading, executing;
    uint32_t users; // processors that are in one of the views
    uint32_t armed;
    uint64_t generation; // of all tables that a processor's step tables stem from
    uint32_t page_count, page_capacity;
    uint32_t hook_count, hook_capacity;
    HiddenPage* pages; // ascending
    Hook* hooks;       // ascending
};

// Which EPTP a processor has between its steps.
enum class In : uint32_t { reading, executing };

// One page that is open to the instruction that a processor steps over.
struct OpenPage {
    uint64_t address;
    uint32_t hidden; // index of the hidden page
    bool write, execute;
};

// What one processor has for itself, behind its block.
struct ViewUser {
    // The pages of an instruction: itself, two operands, a stack, each across the end of a page. Those of its page tables and of
    // an event that is delivered in its midst come on top.
    static constexpr uint32_t most_open = 16;
    // Tables for so many pages in different parts of the physical address space as can be: a PML4, a PDPT, and two for each.
    static constexpr uint32_t step_tables = 16;
    static constexpr uint64_t nobody = ~uint64_t{0};

    EptView step;
    PagePool step_pool;
    uint64_t generation; // that the step tables have
    uint64_t* scratch;   // a page
    arch::Eptp eptp[2];  // of the two views, by enum In
    In in;
    uint32_t stepping;
    uint32_t in_step; // of whatever kind: core/step.h
    uint32_t open_count;
    uint32_t everything;           // the step tables did not suffice: this instruction has all pages open
    uint32_t delivering;           // what has them open is the delivery of an event
    Hook* hit;                     // whose breakpoint caused this exit; null: none
    uint64_t hooked_rip;           // of the last instruction under a hook
    uint64_t again_rip, again_rsp; // of one that was put off, and isn't counted when it is met again
    uint64_t reader;               // RIP of the last instruction that was given the reading view
    uint64_t switches, steps;
    OpenPage open[most_open];
};

// Pages of a processor: itself, the scratch page, the step tables.
inline constexpr uint64_t view_user_pages = 2 + ViewUser::step_tables;

// Where a processor has its part, in an arena that has one for it.
inline ViewUser& view_user_place(const Vcpu& vcpu) {
    return *reinterpret_cast<ViewUser*>(vcpu.place.block + block::bytes + vcpu.own_tables.pool.pages * uint64_t{4096});
}

// How many pages views with so many for tables and copies take in all.
uint64_t view_pages(uint32_t pool_pages);

// The beginning: empty views in this memory.
void place_views(Vmm& vmm, ViewMemory memory, uint32_t pool_pages);
void place_view_user(const Vmm& vmm, Vcpu& vcpu, uint64_t physical);

// The hidden page around this address; null: none.
HiddenPage* find_hidden(const Views& views, uint64_t address);
Hook* find_hook(const Views& views, uint64_t address);

// The tables of all have changed, and the lock is still held.
void refresh_views(Views& views);

// Null: there is none, or there are no views.
const Hook* find_hook_by_number(const Views* views, uint64_t number);

// New ones in their place, with nothing but the address. Null: there is no room.
HiddenPage* add_hidden(Views& views, uint64_t address);
Hook* add_hook(Views& views, uint64_t address);
// Each page gets to know its hooks.
void count_hooks(Views& views);

} // namespace nadir::core
