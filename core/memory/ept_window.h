// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What one processor maps for itself alone once the pool of all has no page left: a few parts of the physical address space
// at a time. It has a PML4 of its own, a copy of the one of all, and when its few pages are used up it begins anew. So a
// guest may touch as many different parts as it likes, only slowly; and since no other processor walks these tables, none
// has to be asked to invalidate before their pages are used again, which root mode could not do: one that idles in the
// guest doesn't come by.
#pragma once

#include "core/memory/ept.h"

namespace nadir::core {

struct EptWindow {
    // An instruction may touch many parts at once: code, two operands, stack and all their page tables. What it touches must
    // fit together, or it would never get done.
    static constexpr uint32_t pages = 16;

    PagePool pool; // no pages: this processor has no window
    uint64_t root; // physical address of its PML4; 0: the window isn't in use

    bool exists() const { return pool.pages != 0; }
    bool in_use() const { return root != 0; }
};

// Maps what lies around an address. The lock of the plan is held; afterwards this processor invalidates what it cached for
// this window. False when that can't be: the window doesn't exist.
bool ept_window_map(const EptPlan& plan, EptWindow& window, uint64_t address);

// Everything mapped by it is forgotten, for its memory types may be others now. This processor invalidates afterwards.
void ept_window_clear(const EptPlan& plan, EptWindow& window);

} // namespace nadir::core
