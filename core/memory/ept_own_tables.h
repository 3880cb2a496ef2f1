// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What one processor maps for itself alone once the pool of all has no page left: a few parts of the physical address space
// at a time. It has a PML4 of its own, a copy of the one of all, and when its few pages are used up it begins anew. So a
// guest may touch as many different parts as it likes, only slowly; and since no other processor walks these tables, none
// has to be asked to invalidate before their pages are used again, which root mode could not do: one that idles in the
// guest doesn't come by.
#pragma once

#include "core/memory/ept.h"

namespace nadir::core {

struct EptOwnTables {
    // An instruction may touch many parts at once: code, two operands, stack and all their page tables. What it touches must
    // fit together, or it would never get done.
    static constexpr uint32_t pages = 16;

    PagePool pool; // no pages: this processor has none
    uint64_t root; // physical address of its PML4; 0: they are not in use

    bool exists() const { return pool.pages != 0; }
    bool in_use() const { return root != 0; }
};

// Maps what lies around an address. The lock of the plan is held; afterwards this processor invalidates what it cached for
// these tables. False when that can't be: there are none.
bool ept_own_tables_map(const EptPlan& plan, EptOwnTables& own, uint64_t address);

// Everything mapped by them is forgotten, for its memory types may be others now. This processor invalidates afterwards.
void ept_own_tables_clear(const EptPlan& plan, EptOwnTables& own);

} // namespace nadir::core
