// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept.h"

#include "core/memory/ept_tables.h"

namespace nadir::core {

namespace {

using arch::EptEntry;

// How many tables fill_ept_table would take.
uint32_t count_tables(const EptPlan& plan, unsigned level, uint64_t address) {
    if (level == 1) {
        return 0;
    }
    uint32_t tables = 0;
    EptRun run;
    for (unsigned i = 0; i < ept_entries; i += run.entries) {
        const uint64_t at = address + i * ept_span(level);
        run = choose_ept_run(plan, level, at, ept_entries - i);
        if (run.choice.kind == EptChoice::Kind::table || run.choice.kind == EptChoice::Kind::split) {
            tables += 1 + count_tables(plan, level - 1, at);
        }
    }
    return tables;
}

// What is built on demand: parts of this size, and for how many of them there is room. That covers 64 TiB, or 128 GiB of
// what has no 1 GiB pages, more than all but the largest machines have; and the rest is not lost (core/memory/ept_own_tables.h).
constexpr uint64_t most_parts = 128;

uint64_t parts_on_demand(const EptPlan& plan) {
    const uint64_t parts = (uint64_t{1} << plan.physical_bits) / ept_span(plan.large_1g ? ept_top_level : 3);
    return parts == 0 ? 1 : parts;
}

// A page for each of them, but for the first 512 GiB.
uint32_t parts_kept(const EptPlan& plan) {
    const uint64_t parts = parts_on_demand(plan) - (plan.large_1g ? 1 : 0);
    return static_cast<uint32_t>(parts < most_parts ? parts : most_parts);
}

void write_entry(uint64_t& place, EptEntry entry) { __atomic_store_n(&place, entry.value, __ATOMIC_RELEASE); }

bool refresh(EptPlan& plan, unsigned level, uint64_t address, uint64_t* table);

// An entry that points to a table: what is below, and whether it is still needed. While the MTRRs are off everything is
// uncacheable and nothing would be; but that is the middle of the manual's procedure for changing them, and the same
// tables will be wanted in a moment. [SDM3 "MTRR Considerations in MP Systems"]
bool refresh_table(EptPlan& plan, unsigned level, uint64_t address, uint64_t& place) {
    const uint64_t physical = EptEntry{place}.address();
    const bool complete = refresh(plan, level - 1, address, plan.pool.at(physical));
    const EptChoice choice = choose_ept_entry(plan, level, address);
    // When tables below had to stay because no more can be remembered, this one stays, too.
    if (choice.kind == EptChoice::Kind::leaf && plan.mtrr.default_type.enable() && plan.pool.can_give_back()) {
        write_entry(place, choice.entry);
        plan.pool.give_back(physical);
    }
    return complete;
}

bool refresh_leaf(EptPlan& plan, unsigned level, uint64_t address, uint64_t& place) {
    const EptChoice choice = choose_ept_entry(plan, level, address);
    if (choice.kind == EptChoice::Kind::leaf) {
        write_entry(place, choice.entry);
        return true;
    }
    const PagePool::Page page = plan.pool.take();
    if (page.entries == nullptr) {
        write_entry(place, choice.entry);
        return false;
    }
    const EptFill filled = fill_ept_table(plan, plan.pool, level - 1, address, page.entries);
    write_entry(place, arch::make_ept_table_entry(page.physical));
    return filled == EptFill::complete;
}

bool refresh(EptPlan& plan, unsigned level, uint64_t address, uint64_t* table) {
    bool complete = true;
    for (unsigned i = 0; i < ept_entries; ++i) {
        const EptEntry entry{table[i]};
        const uint64_t at = address + i * ept_span(level);
        if (!entry.present()) {
            continue;
        }
        complete &=
            entry.is_leaf(level) ? refresh_leaf(plan, level, at, table[i]) : refresh_table(plan, level, at, table[i]);
    }
    return complete;
}

} // namespace

uint32_t ept_pages_needed(const EptPlan& plan) {
    const uint32_t at_start = 1 + count_tables(plan, ept_top_level, 0);
    // Where a memory type ends within a part, it needs tables of its own below.
    constexpr uint64_t part = ept_span(ept_top_level);
    uint32_t divided = 0;
    for (uint64_t at = part; plan.large_1g && (at >> plan.physical_bits) == 0;) {
        const uint64_t alike_until = same_type_until(plan.mtrr, at) & ~(part - 1);
        if (alike_until > at) {
            at = alike_until;
        } else {
            divided += count_tables(plan, ept_top_level - 1, at);
            at += part;
        }
    }
    // A range with another type needs tables of two levels at each of its ends, and the guest's new range is there before
    // the pages of the old one can be used again.
    constexpr uint32_t type_changes = 8;
    return at_start + parts_kept(plan) + divided + type_changes;
}

bool ept_may_outgrow_pool(const EptPlan& plan) { return parts_on_demand(plan) > most_parts; }

bool ept_build(EptPlan& plan) {
    const PagePool::Page page = plan.pool.take();
    if (page.entries == nullptr) {
        return false;
    }
    plan.root = page.physical;
    const EptFill filled = fill_ept_table(plan, plan.pool, ept_top_level, 0, page.entries);
    plan.pool.kept = parts_kept(plan);
    return filled == EptFill::complete;
}

EptEntry ept_lookup(const EptPlan& plan, uint64_t address) {
    const uint64_t* table = plan.pool.at(plan.root);
    for (unsigned level = ept_top_level;; --level) {
        const EptEntry entry{table[ept_index(level, address)]};
        if (!entry.present() || entry.is_leaf(level)) {
            return entry;
        }
        table = plan.pool.at(entry.address());
    }
}

PageBehind page_behind(const EptPlan& plan, uint64_t address) {
    const EptChoice choice = choose_ept_entry(plan, 1, address);
    if (choice.kind != EptChoice::Kind::leaf) {
        return {0, false, false};
    }
    const uint64_t physical = choice.entry.address();
    return {physical, true, physical == plan.hidden_page};
}

EptResult ept_map(EptPlan& plan, uint64_t address) {
    if ((address >> plan.physical_bits) != 0) {
        return EptResult::beyond_width;
    }
    EptResult result = EptResult::already_mapped;
    uint64_t* table = plan.pool.at(plan.root);
    for (unsigned level = ept_top_level;; --level) {
        uint64_t& place = table[ept_index(level, address)];
        if (!EptEntry{place}.present()) {
            const PagePool::Page page = plan.pool.take_kept();
            if (page.entries == nullptr) {
                return EptResult::no_memory;
            }
            const uint64_t start = address & ~(ept_span(level) - 1);
            if (fill_ept_table(plan, plan.pool, level - 1, start, page.entries) == EptFill::no_memory) {
                return EptResult::no_memory;
            }
            write_entry(place, arch::make_ept_table_entry(page.physical));
            result = EptResult::mapped;
        }
        // Without 1 GiB pages a new level-3 table is empty where `address` is: then a table there, too.
        if (EptEntry{place}.is_leaf(level)) {
            return result;
        }
        table = plan.pool.at(EptEntry{place}.address());
    }
}

bool ept_refresh_types(EptPlan& plan) { return refresh(plan, ept_top_level, 0, plan.pool.at(plan.root)); }

} // namespace nadir::core
