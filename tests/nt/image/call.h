// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Calls into the driver. What a function has to hand back as it found it is checked when it returns: IRQL, interrupts, the
// registers that Windows' calling convention preserves, MXCSR and the x87 control word, affinity, GS, selectors, locks.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

u64 call_driver(const char* what, const void* function, u64 argument1 = 0, u64 argument2 = 0, u64 argument3 = 0,
                u64 argument4 = 0);

// Where the driver called an import from, in the present thread's last call; for messages.
u64 last_caller();
void note_caller(u64 address);

} // namespace nadir::nt
