// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept.h"

namespace nadir::core {

namespace {

using arch::MemoryType;

// Level 4 is the PML4; an entry of level n spans 2^(12 + 9 (n - 1)) bytes.
constexpr unsigned top_level = 4;
constexpr unsigned entries = 512;

constexpr uint64_t span_of(unsigned level) { return uint64_t{1} << (12 + 9 * (level - 1)); }

// [SDM3 "Format of EPT Entries"]
constexpr uint64_t all_access = 0b111; // read, write, execute
constexpr uint64_t large = 1u << 7;
constexpr unsigned type_position = 3;
constexpr uint64_t address_mask = 0x000F'FFFF'FFFF'F000;

constexpr uint64_t make_leaf(unsigned level, uint64_t address, MemoryType type) {
    return address | all_access | (static_cast<uint64_t>(type) << type_position) | (level > 1 ? large : 0);
}

constexpr bool present(uint64_t entry) { return (entry & all_access) != 0; }
constexpr bool is_leaf(unsigned level, uint64_t entry) { return level == 1 || (entry & large) != 0; }

bool hides_something(const EptPlan& plan, uint64_t address, uint64_t bytes) {
    for (unsigned i = 0; i < plan.hidden_count; ++i) {
        const HiddenRange& h = plan.hidden[i];
        if (address < h.physical + h.bytes && h.physical < address + bytes) {
            return true;
        }
    }
    return false;
}

struct Choice {
    enum class Kind : uint8_t { nothing, leaf, table, later } kind;
    uint64_t entry;
};

// What belongs into the entry for [address, address + span).
Choice choose(const EptPlan& plan, unsigned level, uint64_t address) {
    const uint64_t span = span_of(level);
    if ((address >> plan.physical_bits) != 0) {
        return {Choice::Kind::nothing, 0};
    }
    if (level == top_level) {
        return {address == 0 ? Choice::Kind::table : Choice::Kind::later, 0};
    }
    if (address < plan.low_memory.bytes) {
        if (level == 1) {
            return {Choice::Kind::leaf, make_leaf(1, plan.low_memory.physical + address, MemoryType::write_back)};
        }
        return {Choice::Kind::table, 0};
    }
    if (hides_something(plan, address, span)) {
        if (level == 1) {
            return {Choice::Kind::leaf, make_leaf(1, plan.hidden_page, MemoryType::write_back)};
        }
        return {Choice::Kind::table, 0};
    }
    if (level == 3 && !plan.large_1g) {
        return {Choice::Kind::later, 0};
    }
    const std::optional<MemoryType> type = uniform_type(plan.mtrr, address, span);
    if (!type) {
        return {Choice::Kind::table, 0};
    }
    return {Choice::Kind::leaf, make_leaf(level, address, *type)};
}

// Fills a table of `level` that begins at `address`, and the tables below it. With no table it only counts. Returns the
// number of pages below the table, or `none` when the pool was empty.
constexpr uint32_t none = ~uint32_t{0};

uint32_t fill(const EptPlan& plan, PagePool* pool, unsigned level, uint64_t address, uint64_t* table) {
    uint32_t pages = 0;
    for (unsigned i = 0; i < entries; ++i) {
        const uint64_t at = address + i * span_of(level);
        const Choice choice = choose(plan, level, at);
        if (choice.kind == Choice::Kind::leaf && table != nullptr) {
            table[i] = choice.entry;
        }
        if (choice.kind == Choice::Kind::table) {
            PagePool::Page page{};
            if (table != nullptr) {
                page = pool->take();
                if (page.entries == nullptr) {
                    return none;
                }
            }
            const uint32_t below = fill(plan, pool, level - 1, at, page.entries);
            if (below == none) {
                return none;
            }
            pages += 1 + below;
            if (table != nullptr) {
                table[i] = page.physical | all_access;
            }
        }
    }
    return pages;
}

// Puts `entry` where nothing is yet; another processor may have been faster.
EptResult publish(uint64_t& place, uint64_t entry) {
    uint64_t expected = 0;
    return __atomic_compare_exchange_n(&place, &expected, entry, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
               ? EptResult::mapped
               : EptResult::already_mapped;
}

bool refresh(EptPlan& plan, unsigned level, uint64_t address, uint64_t* table) {
    bool complete = true;
    for (unsigned i = 0; i < entries; ++i) {
        const uint64_t entry = table[i];
        const uint64_t at = address + i * span_of(level);
        if (!present(entry)) {
            continue;
        }
        if (!is_leaf(level, entry)) {
            complete &= refresh(plan, level - 1, at, plan.pool.at(entry & address_mask));
            continue;
        }
        const Choice choice = choose(plan, level, at);
        if (choice.kind == Choice::Kind::leaf) {
            table[i] = choice.entry;
            continue;
        }
        const PagePool::Page page = plan.pool.take();
        if (page.entries == nullptr || fill(plan, &plan.pool, level - 1, at, page.entries) == none) {
            table[i] = make_leaf(level, at, MemoryType::uncacheable);
            complete = false;
            continue;
        }
        table[i] = page.physical | all_access;
    }
    return complete;
}

} // namespace

uint32_t ept_pages_needed(const EptPlan& plan) {
    const uint32_t at_start = 1 + fill(plan, nullptr, top_level, 0, nullptr);
    // A page for each further 512 GiB, for a few of them; without 1 GiB pages one for each GiB that is touched. Where
    // something of ours or the end of a memory type is inside, the tables below are needed, too.
    uint32_t plain = 0;
    uint32_t divided = 0;
    for (uint64_t at = span_of(top_level); (at >> plan.physical_bits) == 0; at += span_of(top_level)) {
        if (hides_something(plan, at, span_of(top_level)) || !uniform_type(plan.mtrr, at, span_of(top_level))) {
            divided += 1 + fill(plan, nullptr, top_level - 1, at, nullptr);
        } else {
            ++plain;
        }
    }
    const uint32_t later = divided + (plain < 8 ? plain : 8) + (plan.large_1g ? 0 : 64);
    const uint32_t type_changes = 4;
    return at_start + later + type_changes;
}

bool ept_build(EptPlan& plan) {
    const PagePool::Page page = plan.pool.take();
    if (page.entries == nullptr) {
        return false;
    }
    plan.root = page.physical;
    return fill(plan, &plan.pool, top_level, 0, page.entries) != none;
}

EptResult ept_map(EptPlan& plan, uint64_t address) {
    if ((address >> plan.physical_bits) != 0) {
        return EptResult::beyond_width;
    }
    uint64_t* table = plan.pool.at(plan.root);
    for (unsigned level = top_level; level > 1; --level) {
        const uint64_t span = span_of(level);
        uint64_t& place = table[(address / span) % entries];
        const uint64_t entry = __atomic_load_n(&place, __ATOMIC_ACQUIRE);
        if (!present(entry)) {
            const PagePool::Page page = plan.pool.take();
            if (page.entries == nullptr ||
                fill(plan, &plan.pool, level - 1, address & ~(span - 1), page.entries) == none) {
                return EptResult::no_memory;
            }
            const EptResult result = publish(place, page.physical | all_access);
            // Without 1 GiB pages a new level-3 table is empty where `address` is: the loop goes on into it.
            if (result == EptResult::already_mapped || level == 2 || plan.large_1g) {
                return result;
            }
            table = page.entries;
            continue;
        }
        if (is_leaf(level, entry)) {
            return EptResult::already_mapped;
        }
        table = plan.pool.at(entry & address_mask);
    }
    return EptResult::already_mapped;
}

bool ept_refresh_types(EptPlan& plan) { return refresh(plan, top_level, 0, plan.pool.at(plan.root)); }

} // namespace nadir::core
