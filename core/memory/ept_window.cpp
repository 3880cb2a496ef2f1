// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept_window.h"

#include "core/memory/ept_tables.h"

namespace nadir::core {

namespace {

using arch::EptEntry;

bool owns(const EptWindow& window, EptEntry entry) {
    return entry.present() && entry.address() - window.pool.physical < uint64_t{window.pool.pages} * 4096;
}

uint64_t* top_table(EptWindow& window) { return window.pool.at(window.root); }

// The table below this entry, the window's own. Tables of all processors at level 3 are never given back, so pointing to
// one is safe; but its entries may not be changed, so a copy takes its place. Null when no page is left.
uint64_t* own_table(const EptPlan& plan, EptWindow& window, unsigned level, uint64_t address, uint64_t& place) {
    const EptEntry entry{place};
    if (owns(window, entry)) {
        return window.pool.at(entry.address());
    }
    const PagePool::Page page = window.pool.take();
    if (page.entries == nullptr) {
        return nullptr;
    }
    if (entry.present()) {
        __builtin_memcpy(page.entries, plan.pool.at(entry.address()), 4096);
    } else {
        // Memory of ours is mapped by the tables of all from the start, so this takes further pages for types at most.
        (void)fill_ept_table(plan, window.pool, level - 1, address & ~(ept_span(level) - 1), page.entries);
    }
    place = arch::make_ept_table_entry(page.physical).value;
    return page.entries;
}

bool map(const EptPlan& plan, EptWindow& window, uint64_t address) {
    uint64_t* table = top_table(window);
    for (unsigned level = ept_top_level;; --level) {
        uint64_t& place = table[ept_index(level, address)];
        if (EptEntry{place}.present() && EptEntry{place}.is_leaf(level)) {
            return true;
        }
        table = own_table(plan, window, level, address, place);
        if (table == nullptr) {
            return false;
        }
    }
}

} // namespace

void ept_window_clear(const EptPlan& plan, EptWindow& window) {
    if (!window.in_use()) {
        return;
    }
    __builtin_memset(window.pool.base, 0, uint64_t{window.pool.pages} * 4096);
    window.pool.used = 1; // the PML4
    __builtin_memcpy(top_table(window), plan.pool.at(plan.root), 4096);
}

bool ept_window_map(const EptPlan& plan, EptWindow& window, uint64_t address) {
    if (!window.exists()) {
        return false;
    }
    if (!window.in_use()) {
        window.root = window.pool.physical;
        ept_window_clear(plan, window);
    }
    if (ept_lookup(plan, address).present()) {
        // The tables of all have it meanwhile.
        const unsigned index = ept_index(ept_top_level, address);
        top_table(window)[index] = plan.pool.at(plan.root)[index];
        return true;
    }
    if (map(plan, window, address)) {
        return true;
    }
    ept_window_clear(plan, window);
    return map(plan, window, address);
}

} // namespace nadir::core
