// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command line: words separated by spaces, "key" or "key=value".
#pragma once

#include "control/control.h"
#include "tests/nt/abi/types.h"

namespace nadir::nt {

struct Options {
    char test[32];   // test=NAME: a scenario
    u32 group;       // group=N: processors to a group; 0: all in one
    u32 held;        // held=N: processors that are there but started later
    u32 rounds;      // rounds=N
    u32 step;        // step=N: enum nadir_step
    char expect[32]; // expect=WORD: for a scenario that knows more than one right end
    bool list;       // list: print the scenarios, and test nothing
};

// Prints each word that is unknown, given twice or has a wrong value, and returns false for it.
bool parse_options(const char* line, Options& options);

} // namespace nadir::nt
