// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which extensions are compiled in. NADIR_EXTENSION_COUNT is defined for the sources that core/extensions/seam.txt lists, and for
// them alone: everything else is the same object with extensions and without.
#pragma once

#include <cstdint>

#include "core/extensions/extension.h"
#include "core/views/views.h"
#include "core/vmm.h"

namespace nadir::core {

inline constexpr uint32_t most_extensions = 8;

// Both answers don't depend on who includes this. Null: there is no such extension.
uint32_t extension_count();
const extension::Description* extension_description(uint32_t number);

// What a processor keeps of its extensions: a page at the end of its block, if there are any.
struct ExtensionState {
    uint32_t at_work; // number of the one in a callback, counted from 1; 0: none is
    uint32_t reserved;
    uint64_t counter[most_extensions][extension::counters_shown];
    uint64_t word[most_extensions][extension::words_kept];
};
static_assert(sizeof(ExtensionState) <= 4096);

inline constexpr uint64_t extension_state_pages = 1;

inline ExtensionState& extension_state(const Vcpu& vcpu) {
    const uint64_t pages =
        vcpu.own_tables.pool.pages + (vcpu.place.vmm->views != nullptr ? view_user_pages : uint64_t{0});
    return *reinterpret_cast<ExtensionState*>(vcpu.place.block + block::bytes + pages * 4096);
}

} // namespace nadir::core
