// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An exception that emulation raises, perhaps while the processor was delivering another event. Root mode, current VMCS.
// [SDM3 "Double Fault Exception (#DF)"]
#pragma once

#include "arch/vmx/interruption.h"
#include "core/memory/guest_linear.h"

namespace nadir::core {

enum class Nested : uint8_t { the_fault, double_fault, triple_fault };

// What `second` becomes while `first` is being delivered; an event that isn't valid is none.
Nested nested(arch::InterruptionInformation first, arch::Vector second);

// Makes the guest take `fault`, or what it becomes. False: a triple fault.
bool inject_nested(arch::InterruptionInformation first, const GuestFault& fault);

} // namespace nadir::core
