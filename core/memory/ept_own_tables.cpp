// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept_own_tables.h"

#include "core/memory/ept_tables.h"

namespace nadir::core {

namespace {

using arch::EptEntry;

bool owns(const EptOwnTables& own, EptEntry entry) {
    return entry.present() && entry.address() - own.pool.physical < uint64_t{own.pool.pages} * 4096;
}

uint64_t* top_table(EptOwnTables& own) { return own.pool.at(own.root); }

// The table below this entry, a table of its own. Those of all processors at level 3 are never given back, so pointing to
// one is safe; but its entries may not be changed, so a copy takes its place. Null when no page is left.
uint64_t* own_table(const EptPlan& plan, EptOwnTables& own, unsigned level, uint64_t address, uint64_t& place) {
    const EptEntry entry{place};
    if (owns(own, entry)) {
        return own.pool.at(entry.address());
    }
    const PagePool::Page page = own.pool.take();
    if (page.entries == nullptr) {
        return nullptr;
    }
    if (entry.present()) {
        __builtin_memcpy(page.entries, plan.pool.at(entry.address()), 4096);
    } else {
        // Memory of ours is mapped by the tables of all from the start, so this takes further pages for types at most.
        (void)fill_ept_table(plan, own.pool, level - 1, address & ~(ept_span(level) - 1), page.entries);
    }
    place = arch::make_ept_table_entry(page.physical).value;
    return page.entries;
}

bool map(const EptPlan& plan, EptOwnTables& own, uint64_t address) {
    uint64_t* table = top_table(own);
    for (unsigned level = ept_top_level;; --level) {
        uint64_t& place = table[ept_index(level, address)];
        if (EptEntry{place}.present() && EptEntry{place}.is_leaf(level)) {
            return true;
        }
        table = own_table(plan, own, level, address, place);
        if (table == nullptr) {
            return false;
        }
    }
}

} // namespace

void ept_own_tables_clear(const EptPlan& plan, EptOwnTables& own) {
    if (!own.in_use()) {
        return;
    }
    own.pool.used = 1; // the PML4
    __builtin_memcpy(top_table(own), plan.pool.at(plan.root), 4096);
}

bool ept_own_tables_map(const EptPlan& plan, EptOwnTables& own, uint64_t address) {
    if (!own.exists()) {
        return false;
    }
    if (!own.in_use()) {
        own.root = own.pool.physical;
        ept_own_tables_clear(plan, own);
    }
    if (ept_lookup(plan, address).present()) {
        // The tables of all have it meanwhile.
        const unsigned index = ept_index(ept_top_level, address);
        top_table(own)[index] = plan.pool.at(plan.root)[index];
        return true;
    }
    if (map(plan, own, address)) {
        return true;
    }
    ept_own_tables_clear(plan, own);
    return map(plan, own, address);
}

} // namespace nadir::core
