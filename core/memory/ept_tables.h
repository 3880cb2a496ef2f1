// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What belongs into an EPT table: shared by those who build the tables of all processors (core/memory/ept.cpp) and those
// of one (core/memory/ept_own_tables.cpp).
#pragma once

#include "arch/vmx/ept.h"
#include "core/memory/ept.h"

namespace nadir::core {

// Level 4 is the PML4; an entry of level n spans 2^(12 + 9 (n - 1)) bytes.
inline constexpr unsigned ept_top_level = 4;
inline constexpr unsigned ept_entries = 512;

constexpr uint64_t ept_span(unsigned level) { return uint64_t{1} << (12 + 9 * (level - 1)); }
constexpr unsigned ept_index(unsigned level, uint64_t address) {
    return static_cast<unsigned>(address / ept_span(level) % ept_entries);
}

// What belongs into the entry of `level` for [address, address + ept_span(level)).
struct EptChoice {
    enum class Kind : uint8_t {
        nothing,  // beyond the physical addresses of the processor
        leaf,     //
        table,    // memory of ours, or memory that lies elsewhere, begins or ends within
        split,    // only the memory type changes within: a table, or `entry`, an uncacheable leaf, when no page is left
        on_demand // a table, once the guest touches it
    } kind;
    arch::EptEntry entry;
    uint64_t step = 0; // of a leaf: to the next one's physical address
};

EptChoice choose_ept_entry(const EptPlan& plan, unsigned level, uint64_t address);

// What belongs into the entry at `address` and, but for the leaf's step, into those behind it. A choice takes some hundred
// instructions, and a table of 512 entries needs but a few.
struct EptRun {
    EptChoice choice;
    unsigned entries; // 1 to `at_most`; 1 where it is a table
};

EptRun choose_ept_run(const EptPlan& plan, unsigned level, uint64_t address, unsigned at_most);

enum class EptFill : uint8_t {
    complete,
    coarse,   // no page was left for a split
    no_memory // no page was left for what has to be a table: not usable
};

inline void fill_leaves(uint64_t* place, const EptRun& run) {
    uint64_t value = run.choice.entry.value;
#pragma GCC unroll 16 // tables are most of what is written entry by entry
    for (unsigned i = 0; i < run.entries; ++i) {
        place[i] = value;
        value += run.choice.step;
    }
}

inline void fill_absent(uint64_t* place, unsigned entries) { __builtin_memset(place, 0, entries * sizeof(uint64_t)); }

// Fills a table of `level` that begins at `address`, every entry of it, and the tables below it, from any pool.
template <typename Pool>
EptFill fill_ept_table(const EptPlan& plan, Pool& pool, unsigned level, uint64_t address, uint64_t* table) {
    EptFill result = EptFill::complete;
    EptRun run;
    for (unsigned i = 0; i < ept_entries; i += run.entries) {
        const uint64_t at = address + i * ept_span(level);
        run = choose_ept_run(plan, level, at, ept_entries - i);
        const EptChoice& choice = run.choice;
        if (choice.kind == EptChoice::Kind::leaf) {
            fill_leaves(table + i, run);
        }
        if (choice.kind == EptChoice::Kind::nothing || choice.kind == EptChoice::Kind::on_demand) {
            fill_absent(table + i, run.entries);
        }
        if (choice.kind != EptChoice::Kind::table && choice.kind != EptChoice::Kind::split) {
            continue;
        }
        const PagePool::Page page = pool.take();
        if (page.entries == nullptr) {
            if (choice.kind == EptChoice::Kind::table) {
                return EptFill::no_memory;
            }
            table[i] = choice.entry.value;
            result = EptFill::coarse;
            continue;
        }
        const EptFill below = fill_ept_table(plan, pool, level - 1, at, page.entries);
        if (below == EptFill::no_memory) {
            return below;
        }
        result = below == EptFill::coarse ? below : result;
        table[i] = arch::make_ept_table_entry(page.physical).value;
    }
    return result;
}

} // namespace nadir::core
