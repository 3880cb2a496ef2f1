// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "bench/growth/hidden_pages.h"

#include <random>
#include <set>
#include <vector>

#include "core/memory/view.h"

namespace nadir::bench {

HiddenPages count_hidden_pages(uint64_t hooks, bool scattered) {
    constexpr uint64_t page = 4096;
    constexpr uint64_t mib = 1 << 20;
    const uint64_t span = scattered ? 64 * 1024 * mib : 32 * mib;
    std::mt19937_64 random{1}; // its numbers are the standard's
    std::set<uint64_t> pages;
    for (uint64_t i = 0; i < hooks; ++i) {
        pages.insert(random() % span / page * page);
    }
    const std::vector<uint64_t> addresses{pages.begin(), pages.end()};
    return {addresses.size(), core::view_tables_needed(addresses.data(), addresses.size()) * page,
            addresses.size() * page};
}

} // namespace nadir::bench
