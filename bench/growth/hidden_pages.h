// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What hooks cost: the tables of one of the two views (docs/views.md), and the copies.
#pragma once

#include <cstdint>

namespace nadir::bench {

struct HiddenPages {
    uint64_t pages; // in which the hooks lie
    uint64_t view_bytes;
    uint64_t copy_bytes;
};

// So many hooks at random, the same every time: in 32 MiB of code, as a kernel has them, or over 64 GiB.
HiddenPages count_hidden_pages(uint64_t hooks, bool scattered);

} // namespace nadir::bench
