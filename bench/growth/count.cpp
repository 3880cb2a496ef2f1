// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "bench/growth/count.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "core/memory/ept_own_tables.h"

namespace nadir::bench {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t entries_per_page = page / sizeof(uint64_t);

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "growth: %s\n", why);
    std::exit(1);
}

struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
};
using Pages = std::unique_ptr<uint8_t, Free>;

Pages zeroed_pages(uint64_t count) {
    Pages pages{static_cast<uint8_t*>(std::aligned_alloc(page, count * page))};
    if (!pages) {
        give_up("no memory for the tables");
    }
    __builtin_memset(pages.get(), 0, count * page);
    return pages;
}

// Nothing else lies at these physical addresses: no machine here has so much memory.
constexpr uint64_t pool_physical = uint64_t{1} << 50;
constexpr uint64_t own_physical = pool_physical + (uint64_t{1} << 40);

Tables tables_in(const core::PagePool& pool) {
    Tables tables{pool.used * page, 0};
    const auto* entry = reinterpret_cast<const uint64_t*>(pool.base);
    for (uint64_t i = 0; i < pool.used * entries_per_page; ++i) {
        tables.entries += entry[i] != 0 ? 1 : 0;
    }
    return tables;
}

void touch(core::EptPlan& plan, core::EptOwnTables& own, uint64_t address, Growth& growth) {
    if (core::ept_lookup(plan, address).present()) {
        return;
    }
    ++growth.violations;
    switch (core::ept_map(plan, address)) {
    case core::EptResult::mapped: return;
    case core::EptResult::no_memory:
        ++growth.by_turns;
        if (!core::ept_own_tables_map(plan, own, address)) {
            give_up("neither the pool nor a processor's own tables had a page left");
        }
        return;
    case core::EptResult::already_mapped:
    case core::EptResult::beyond_width: give_up("memory that the tables can't map");
    }
}

} // namespace

Growth count(const Machine& machine) {
    core::EptPlan plan = plan_of(machine);
    Growth growth{};
    const uint32_t pages = core::ept_pages_needed(plan);
    const Pages memory = zeroed_pages(pages);
    plan.pool.start({memory.get(), pool_physical, pages, 0});
    growth.pool_bytes = pages * page;

    const uint32_t own_pages = core::ept_may_outgrow_pool(plan) ? core::EptOwnTables::pages : 0;
    const Pages own_memory = zeroed_pages(core::EptOwnTables::pages);
    core::EptOwnTables own{{own_memory.get(), own_physical, own_pages, 0}, 0};
    growth.own_bytes = own_pages * page;

    if (!core::ept_build(plan)) {
        give_up("the pool didn't suffice for what is built at the start");
    }
    growth.at_start = tables_in(plan.pool);
    for (uint64_t at = 0; at < machine.end_of_memory(); at += gib) {
        touch(plan, own, at, growth);
    }
    growth.all_touched = tables_in(plan.pool);
    return growth;
}

} // namespace nadir::bench
