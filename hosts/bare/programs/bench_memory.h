// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/options.h"

namespace nadir::bare {

struct MemoryCosts {
    u64 watched; // a write to watched memory: two exits, and an event
    u64 beside;  // the same beside it, on the same page
    u64 ignored; // a write to protected memory, which is ignored
    u64 exits;   // of a write to watched memory
    u64 bytes;   // tables of one watched page
};

const char* measure_memory(const Options& options, MemoryCosts& costs);

} // namespace nadir::bare
