// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a report says beside its first line: root mode's registers, how it got there, the guest, and the last VM exits.
// Root mode. Each reads only memory that root mode maps whatever has happened; still, a fault in here is reported as such
// (core/root/traps.cpp).
#pragma once

#include <cstdint>

#include "core/vcpu.h"
#include "cpu/entry_points.h"

namespace nadir::core {

void report_registers(Vcpu& vcpu, const cpu::TrapFrame& frame);

// The return addresses on the stack that `rsp` points into, as far as they can be told from other words. There are no frame
// pointers to follow.
void report_callers(Vcpu& vcpu, uint64_t rsp);

// The guest as the current VMCS has it.
void report_guest(Vcpu& vcpu);

// The last VM exits of `subject`, oldest first, into the log of `reporter`, the processor that this runs on.
void report_last_exits(Vcpu& reporter, const Vcpu& subject);

} // namespace nadir::core
