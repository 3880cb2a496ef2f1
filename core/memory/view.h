// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An EPT view: a second-level translation with an EPTP of its own that differs from the tables beneath it in single 4-KiB
// pages and shares every table in which nothing differs. The first page that differs costs a PML4, a PDPT, a PD and a PT, 16
// KiB; the next one only what it doesn't have in common with those before.
//
// Beneath it are the tables of all (core/memory/ept.h) or another view. They change: parts are mapped on demand, and leaves
// are split and joined when the guest changes MTRRs. The view's own tables are brought up to date in the same breath, before
// the lock of the tables is given back (view_follow, view_refresh), so no view points to a table that was given back. The
// caller holds the lock, and each change of a table in use is one store that leaves it whole.
#pragma once

#include <cstdint>

#include "arch/vmx/ept.h"
#include "core/memory/ept.h"
#include "core/memory/page_pool.h"

namespace nadir::core {

// Where tables of views lie. All others are those of the plan.
struct ViewMemory {
    uint8_t* base;
    uint64_t physical;
    uint64_t bytes;

    bool contains(uint64_t at) const { return at - physical < bytes; }
};

struct EptView {
    const EptPlan* plan;
    const EptView* beneath; // null: the tables of all
    PagePool* pool;         // what its own tables are made of
    ViewMemory memory;      // of these, and of those of the view beneath
    uint64_t root;          // physical address of its PML4; 0: it has none yet
};

// What maps an address in these tables: a leaf of `level`, which may be a part of a larger one, the entry for a table, or one that
// isn't present.
arch::EptEntry ept_entry_at(const EptPlan& plan, unsigned level, uint64_t address);
arch::EptEntry view_entry_at(const EptView& view, unsigned level, uint64_t address);

// A view that differs in nothing yet, from a pool that is emptied for it where it is its own. False: there is no page left.
bool view_begin(EptView& view);

// From now on this leaf maps the page. False, with nothing changed that could be seen: no page is left.
bool view_set(EptView& view, uint64_t address, arch::EptLeaf leaf);

// The page is again what lies beneath.
void view_restore(EptView& view, uint64_t address);

// What lies beneath has an entry now around this address: the view has it, too.
void view_follow(EptView& view, uint64_t address);

// Anything may have changed beneath: the view has it, with the new memory types for the pages in which it differs.
void view_refresh(EptView& view);

// How many tables a view needs that differs in these pages, in ascending order.
uint64_t view_tables_needed(const uint64_t* addresses, uint64_t count);

} // namespace nadir::core
