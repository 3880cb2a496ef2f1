// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's own address space: the private copy of the image, the arena but for its guard pages, and nothing else. All
// of it at the addresses that it has in the system's address space, so a pointer means the same before and after launch.
// Guest memory is not mapped: root mode can't be made to read or write it by mistake. The one exception is a page that is
// reserved for each processor (core/memory/guest_memory.h), through which it sees one page of the guest while it needs to.
#pragma once

#include <cstdint>

#include "core/memory/page_pool.h"

namespace nadir::core {

struct PageRights {
    bool writable;
    bool executable;
};

// What maps a 4 KiB page with these rights.
uint64_t page_entry(uint64_t physical, PageRights rights);

class AddressSpace {
public:
    // `levels` is 4 or 5, as the system's own: VM exits can't be made to change CR4.LA57's meaning of an address.
    AddressSpace(PagePool& pool, unsigned levels);

    // Maps so many 4 KiB pages in a row. False when the pool is empty.
    bool map(uint64_t linear, uint64_t physical, PageRights rights, uint64_t pages = 1);

    // Tables for `pages` contiguous pages at addresses that nothing else of root mode has, with nothing mapped yet. Returns
    // the first address, or 0 when the pool is empty or there is no room. Called when all else is mapped.
    uint64_t reserve(uint64_t pages);

    // The lowest-level entry of an address whose tables exist.
    uint64_t* entry_of(uint64_t linear) const;

    // The value for HOST_CR3; 0 when the pool had not even one page.
    uint64_t root() const { return root_physical_; }

private:
    uint64_t take_empty_table(); // its physical address; 0: the pool is empty
    uint64_t* make_entry(uint64_t linear);

    PagePool& pool_;
    unsigned levels_;
    uint64_t root_physical_;
};

} // namespace nadir::core
