// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The entries on the way to a guest-physical address, for who wants to see them (control/inspect.h). Nothing is changed, not
// even what isn't mapped yet.
#pragma once

#include <cstdint>

#include "control/control.h"
#include "core/memory/ept_tables.h"
#include "core/memory/page_pool.h"

namespace nadir::core {

struct Vcpu;

struct EptWalk {
    unsigned count;
    uint64_t entries[ept_top_level]; // from the top, down to a leaf or one that isn't present
};

// From this PML4 on, with tables out of any of the pools. A table that is in none of them ends the walk.
EptWalk walk_ept(const PagePool* const* pools, unsigned pool_count, uint64_t root, uint64_t address);

struct EptAnswer {
    uint64_t eptp;
    EptWalk walk;
    nadir_ept_tables tables;
    bool is_ours;
};

// In this processor's tables, or in those of a view. NADIR_MEMORY_NOT_THERE: no such physical address; NADIR_BAD_ARGUMENT: no
// such tables. Root mode.
nadir_status inspect_ept(Vcpu& vcpu, uint64_t address, uint64_t tables, EptAnswer& answer);

} // namespace nadir::core
