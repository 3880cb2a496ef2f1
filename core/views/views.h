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
#include "core/views/guard.h"
#include "core/plan/copies.h"
#include "core/vcpu.h"

namespace nadir::core {

struct HiddenPage {
    uint64_t address;  // guest-physical
    uint64_t copy;     // physical
    uint64_t* content; // the copy, for root mode
    uint32_t first;    // of its hooks
    uint32_t hooks;    // how many
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

// Where there are many hidden pages most copies lie elsewhere: contiguous memory has an end.
struct CopyPools {
    static constexpr uint32_t most = 32;

    uint32_t count;
    PagePool of[most];

    PagePool::Page take();
    uint32_t used() const;
    void begin();
};

// What the processors share, at the beginning of its memory in the arena. Behind it lie the pages, the hooks and the pool.
struct Views {
    ViewMemory memory; // all of it
    PagePool pool;     // tables of both views, copies
    CopyPools copies;  // asked first
    EptView reading, executing;
    Guard guards[guard_copies]; // of each copy of the plan, and the debugger's
    uint32_t users;             // of the two views: processors, and guards that processors have over them
    uint32_t armed;
    uint32_t ending; // 1: the hooks are being removed
    uint32_t reserved;
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
    static constexpr uint32_t not_hidden = ~uint32_t{0};

    uint64_t address;
    uint32_t hidden;  // index of the hidden page, or it is one of a guard
    uint64_t beneath; // the entry that the step tables have for it otherwise
    Rights rights;
    uint8_t copy; // 0: the page itself; otherwise one that is thrown away behind the step
};

// What one processor has for itself, behind its block.
struct ViewUser {
    // The pages of an instruction: itself, two operands, a stack, each across the end of a page. Those of its page tables and of
    // an event that is delivered in its midst come on top.
    static constexpr uint32_t most_open = 16;
    // Tables for so many pages in different parts of the physical address space as can be: a PML4, a PDPT, and two for each.
    static constexpr uint32_t step_tables = 16;
    // What the instruction writes to protected memory goes to a copy: of its operand's page, and of the next one.
    static constexpr uint32_t most_copies = 2;
    static constexpr uint64_t nobody = ~uint64_t{0};

    EptView step;
    PagePool step_pool;
    uint64_t generation; // that the step tables have
    uint64_t* scratch;   // a page
    uint64_t* copies;    // of each copy a page, and another one with what it was
    uint64_t copies_physical;
    const Guard* guard; // null: none
    uint32_t hooked;    // 1: in the views of the hooks
    uint32_t copies_used;
    arch::Eptp eptp[2]; // of the two views, by enum In
    In in;
    uint32_t stepping;
    uint32_t in_step; // 1: a step of whatever kind is in work (core/step.h)
    uint32_t open_count;
    uint32_t everything;           // the step tables did not suffice: this instruction has all pages open
    uint32_t delivering;           // what has them open is the delivery of an event, or an instruction without a step
    Hook* hit;                     // whose breakpoint caused this exit; null: none
    uint64_t hooked_rip;           // of the last instruction under a hook
    uint64_t again_rip, again_rsp; // of one that was put off, and isn't counted when it is met again
    uint64_t reader;               // RIP of the last instruction that was given the reading view
    uint64_t switches, steps;
    OpenPage open[most_open];
};

// Pages of a processor: itself, the scratch page, the copies, the step tables.
inline constexpr uint64_t view_user_pages = 2 + 2 * uint64_t{ViewUser::most_copies} + ViewUser::step_tables;

inline bool is_hooked(const Vcpu& vcpu) { return vcpu.view != nullptr && vcpu.view->hooked != 0; }
// Can it meet a hidden page?
inline bool sees_hidden_pages(const ViewUser& user) {
    return user.hooked != 0 || (user.guard != nullptr && user.guard->over_hooks != 0);
}

// Where a processor has its part, in an arena that has one for it.
inline ViewUser& view_user_place(const Vcpu& vcpu) {
    return *reinterpret_cast<ViewUser*>(vcpu.place.block + block::bytes + vcpu.own_tables.pool.pages * uint64_t{4096});
}

// How many pages views with so many for tables and copies take in one piece, and how many for copies lie elsewhere.
uint64_t view_pages(uint32_t hook_pages, bool debugger);
uint32_t copy_pages_elsewhere(uint32_t hook_pages);

// The beginning: empty views in this memory; copies also in the chunks behind those of the processors.
void place_views(Vmm& vmm, ViewMemory memory);
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
