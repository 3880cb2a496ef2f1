// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pageable sections (PAGE...) are mapped on a processor only while a thread on it, below DISPATCH_LEVEL and with interrupts
// on, executes in them or touches them. The first access faults; from then on the thread goes step by step, so that an
// instruction that raises the IRQL or switches interrupts off within pageable code is seen, too, and the sections go away
// again as soon as it leaves them or anything interrupts it.
#pragma once

#include "hosts/bare/machine/faults.h"
#include "tests/nt/kernel/cpu.h"

namespace nadir::nt {

// A page fault; true: that was why, and the thread may go on.
bool open_pageable(Cpu& self, bare::InterruptFrame& frame);
// A debug exception; true: it was a step of this kind.
bool step_pageable(Cpu& self, bare::InterruptFrame& frame);
void close_pageable(Cpu& self);

// What a page fault in or by the driver says about it.
[[noreturn]] void page_fault_violation(const bare::InterruptFrame& frame);

} // namespace nadir::nt
