// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The guest's memory for the debugger: nothing is changed by looking at it, neither accessed flags nor a device's registers.
#pragma once

#include <cstdint>

#include "core/memory/guest_walk.h"
#include "core/vcpu.h"

namespace nadir::core::gdb {

// By the tables that this processor uses now, whatever the access rights. Root mode, current VMCS.
GuestTranslation translate(const Vcpu& vcpu, uint64_t linear);

// Memory there is, ordinary and not ours?
bool is_memory(const Vmm& vmm, uint64_t physical);

} // namespace nadir::core::gdb
