// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The state of all processors, and of memory that nobody may change, at two moments.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

// Of all processors that run.
void remember_machine();
// Ends the run with a line for each difference, unless there is none. `title` says when.
void require_same_machine(const char* title);

// The driver goes away: from now on its constants don't count.
void forget_memory();

// Calls procedure(index) on each processor, in the present thread, with interrupts off.
void on_each_cpu(void (*procedure)(u32 index));

} // namespace nadir::nt
