// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the tables of a machine cost: counted by building them.
#pragma once

#include "bench/growth/machine.h"

namespace nadir::bench {

struct Tables {
    uint64_t bytes;
    uint64_t entries; // that are written: each once, when its table is built
};

struct Growth {
    Tables at_start;
    Tables all_touched;  // after the guest touched each gigabyte of its memory
    uint64_t violations; // EPT violations on the way there
    uint64_t by_turns;   // of them those that found no page left: answered by a processor's own tables, again and again
    uint64_t pool_bytes; // set aside at the start, for the tables of all processors
    uint64_t own_bytes;  // the same for each processor's own
};

// Ends the program, with words, when the core can't do what it is said to do.
Growth count(const Machine& machine);

} // namespace nadir::bench
