// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/address_space.h"

namespace nadir::core {

namespace {

// [SDM3 "4-Level Paging and 5-Level Paging"]; the same positions at each level.
constexpr uint64_t present = 1u << 0;
constexpr uint64_t writable = 1u << 1;
constexpr uint64_t accessed = 1u << 5; // set beforehand, so that the processor needn't write
constexpr uint64_t dirty = 1u << 6;
constexpr uint64_t execute_disable = uint64_t{1} << 63;
constexpr uint64_t address_mask = 0x000F'FFFF'FFFF'F000;

constexpr uint64_t table_entries = 512;

// The first of `count` entries in a row, not before `from`, that all are present or all are not; table_entries: none.
uint64_t find(const uint64_t* table, uint64_t from, uint64_t count, bool are_present) {
    uint64_t run = 0;
    for (uint64_t i = from; i < table_entries; ++i) {
        run = ((table[i] & present) != 0) == are_present ? run + 1 : 0;
        if (run == count) {
            return i + 1 - count;
        }
    }
    return table_entries;
}

} // namespace

AddressSpace::AddressSpace(PagePool& pool, unsigned levels) : pool_(pool), levels_(levels) {
    root_physical_ = take_empty_table();
}

uint64_t AddressSpace::take_empty_table() {
    const PagePool::Page page = pool_.take();
    if (page.entries != nullptr) {
        __builtin_memset(page.entries, 0, table_entries * sizeof(uint64_t));
    }
    return page.physical;
}

uint64_t* AddressSpace::make_entry(uint64_t linear) {
    if (root_physical_ == 0) {
        return nullptr;
    }
    uint64_t* table = pool_.at(root_physical_);
    for (unsigned level = levels_; level > 1; --level) {
        uint64_t& entry = table[(linear >> (12 + 9 * (level - 1))) & 511];
        if ((entry & present) == 0) {
            const uint64_t below = take_empty_table();
            if (below == 0) {
                return nullptr;
            }
            entry = below | present | writable | accessed;
        }
        table = pool_.at(entry & address_mask);
    }
    return &table[(linear >> 12) & 511];
}

bool AddressSpace::map(uint64_t linear, uint64_t physical, PageRights rights, uint64_t pages) {
    while (pages != 0) {
        uint64_t* entry = make_entry(linear);
        if (entry == nullptr) {
            return false;
        }
        // Up to the end of the table.
        const uint64_t room = table_entries - ((linear >> 12) & 511);
        const uint64_t count = pages < room ? pages : room;
        uint64_t value = page_entry(physical, rights);
        for (uint64_t i = 0; i < count; ++i) {
            entry[i] = value;
            value += 4096;
        }
        linear += count * 4096;
        physical += count * 4096;
        pages -= count;
    }
    return true;
}

uint64_t AddressSpace::reserve(uint64_t pages) {
    if (root_physical_ == 0) {
        return 0;
    }
    // Within 1 GiB of which something is mapped already: so the tables above are there, and our few ranges leave most of it.
    uint64_t first = 0;
    const uint64_t* table = pool_.at(root_physical_);
    for (unsigned level = levels_; level > 2; --level) {
        const uint64_t index = find(table, 0, 1, true);
        if (index == table_entries) {
            return 0;
        }
        first |= index << (12 + 9 * (level - 1));
        table = pool_.at(table[index] & address_mask);
    }
    // Entry 0 could be that of the null pointer.
    const uint64_t index = find(table, 1, (pages + table_entries - 1) / table_entries, false);
    if (index == table_entries) {
        return 0;
    }
    const unsigned bits = 12 + 9 * levels_;
    first |= index << 21;
    first |= (first >> (bits - 1)) != 0 ? ~uint64_t{0} << bits : 0; // canonical
    for (uint64_t i = 0; i < pages; i += table_entries) { // from the beginning of a table on: one call for each
        if (make_entry(first + i * 4096) == nullptr) {
            return 0;
        }
    }
    return first;
}

uint64_t* AddressSpace::entry_of(uint64_t linear) const {
    uint64_t* table = pool_.at(root_physical_);
    for (unsigned level = levels_; level > 1; --level) {
        table = pool_.at(table[(linear >> (12 + 9 * (level - 1))) & 511] & address_mask);
    }
    return &table[(linear >> 12) & 511];
}

uint64_t page_entry(uint64_t physical, PageRights rights) {
    return (physical & address_mask) | present | accessed | dirty | (rights.writable ? writable : 0) |
           (rights.executable ? 0 : execute_disable);
}

} // namespace nadir::core
