// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pages for tables, handed out in order and given back all at once. Whoever takes one writes all of its entries. Root mode on
// several processors may take from it at the same time.
#pragma once

#include <cstdint>

namespace nadir::core {

struct PagePool {
    uint8_t* base;
    uint64_t physical;
    uint32_t pages;
    uint32_t used;

    struct Page {
        uint64_t* entries; // 512, of any value; null when the pool is empty
        uint64_t physical;
    };

    Page take() {
        const uint32_t index = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
        if (index >= pages) {
            __atomic_fetch_sub(&used, 1, __ATOMIC_RELAXED);
            return {nullptr, 0};
        }
        return {reinterpret_cast<uint64_t*>(base + uint64_t{index} * 4096), physical + uint64_t{index} * 4096};
    }

    // The table at a physical address that this pool handed out.
    uint64_t* at(uint64_t table_physical) const {
        return reinterpret_cast<uint64_t*>(base + (table_physical - physical));
    }
};

} // namespace nadir::core
