// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The processor's side of the second-level translation: reading its MTRRs, and making it forget translations.
#pragma once

#include "core/memory/ept.h"
#include "core/memory/memory_types.h"
#include "core/vcpu.h"

namespace nadir::core {

// CPL 0, any context; reads only MTRRs that IA32_MTRRCAP announces.
MtrrValues read_mtrrs(bool supported);

// Root mode: the guest touched an address that isn't mapped yet. One processor at a time changes the tables.
EptResult map_on_demand(Vcpu& vcpu, uint64_t address);

// Root mode: the guest changed an MTRR on this processor. As the manual's procedure has every processor change its own in
// turn, each comes here and forgets its own translations; the tables are shared. [SDM3 "MTRR Considerations in MP Systems"]
void follow_mtrrs(Vcpu& vcpu);

// VMX root operation: everything that this processor may have cached for the guest is dropped.
void forget_guest_translations(Vcpu& vcpu);

// Root mode: the same, and what it may have cached for root mode.
void forget_translations(Vcpu& vcpu);

// Root mode: the same for what it may have cached of the guest's linear addresses, as a load of the guest's CR3 does.
void forget_guest_linear_translations(const Vcpu& vcpu);

} // namespace nadir::core
