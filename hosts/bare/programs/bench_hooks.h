// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/options.h"

namespace nadir::bare {

struct HookCosts {
    u64 view_switch; // an EPT violation after which the processor is in the other view
    u64 write;       // to a hidden page: two exits, and the copy
    u64 breakpoint;  // a hit, and its instruction
    u64 nothing;     // executing a hidden page again and again
    u64 bytes;       // tables and copy of one hidden page
};

const char* measure_hooks(const Options& options, HookCosts& costs);

} // namespace nadir::bare
