// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What happens when root mode can't go on: everything worth knowing goes into the log, and to COM1 where the start's
// options name one, before the processor stops. Root mode.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "arch/vmx/exit_reason.h"
#include "control/messages.h"
#include "core/vcpu.h"
#include "cpu/entry_points.h"

namespace nadir::core {

using control::Message;

// One message to the log and, in words, to COM1.
void report(Vcpu& vcpu, Message message, std::initializer_list<uint64_t> arguments);

// An exception of root mode's own that is no answer of the processor's (cpu/checked.S): everything that may explain it, then
// the end. A fault in the midst of that says so; a third one ends in silence, with the processor's state as the last word.
[[noreturn]] void stop_after_fault(Vcpu& vcpu, const cpu::TrapFrame& frame);

// The watchdog's NMI found root mode still at the exit that was overdue.
[[noreturn]] void stop_hanging(Vcpu& vcpu, const cpu::TrapFrame& frame);

// A VM exit that nothing of ours asked for. The guest's instruction is not skipped, for that would silently break it.
[[noreturn]] void stop_after_unexpected_exit(Vcpu& vcpu, arch::ExitReason reason);

// Exit reasons with bit 31: the VM entry did not happen. At the first entry the processor goes back to where it was and
// the start fails (answer 1: leave); later it stops.
uint32_t on_entry_failure(Vcpu& vcpu, arch::ExitReason reason);

// The processor is lost to the system; its log says why, and other processors can read it.
[[noreturn]] void stop_processor(Vcpu& vcpu);

} // namespace nadir::core
