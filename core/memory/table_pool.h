// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pages for tables that a processor walks while others change them. A page that is given back may still be in the
// paging-structure caches of other processors, so it is handed out again only when all of them have invalidated since:
// reused too early, its new entries would be taken for the old ones. One caller at a time.
// [SDM3 "Caching Translation Information"]
#pragma once

#include "core/memory/page_pool.h"

namespace nadir::core {

struct TablePool : PagePool {
    static constexpr unsigned most_returned = 16;

    struct Returned {
        uint64_t epoch; // of its return
        uint64_t physical;
    };

    Returned returned[most_returned]; // oldest first
    uint32_t returned_count;
    uint64_t epoch;       // how many pages have been given back so far
    uint64_t invalidated; // every processor has invalidated after the page of this epoch was given back
    uint32_t kept;        // pages that only take_kept() hands out

    void start(const PagePool& pool) {
        static_cast<PagePool&>(*this) = pool;
        returned_count = 0;
        epoch = 0;
        invalidated = 0;
        kept = 0;
    }

    // For what can be done without, too: leaves those that are kept.
    Page take() { return reusable() || used + kept < pages ? take_any() : Page{nullptr, 0}; }

    Page take_kept() {
        kept -= kept == 0 ? 0 : 1;
        return take_any();
    }

    // False when no more can be remembered; then the page stays in use. No table may point to it any more.
    bool can_give_back() const { return returned_count < most_returned; }
    void give_back(uint64_t table_physical) { returned[returned_count++] = {++epoch, table_physical}; }

    uint32_t in_use() const { return used - returned_count; }

private:
    bool reusable() const { return returned_count != 0 && returned[0].epoch <= invalidated; }

    Page take_any() {
        if (!reusable()) {
            return PagePool::take();
        }
        const Page page{at(returned[0].physical), returned[0].physical};
        --returned_count;
        for (unsigned i = 0; i < returned_count; ++i) {
            returned[i] = returned[i + 1];
        }
        return page;
    }
};

} // namespace nadir::core
