// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pinned bits of CR0 and CR4 in this processor's VMCS. Root mode.
//
// A pinned bit is root mode's, by the guest/host mask, as the bits are that VMX fixes. While it is 1, no instruction of the
// guest's makes it 0; what the guest reads is the shadow, which has what it wrote. A bit that is 0 waits until the guest sets
// it. [SDM3 "Guest/Host Masks and Read Shadows for CR0 and CR4"]
#pragma once

#include "core/rules/rules.h"
#include "core/vcpu.h"

namespace nadir::core {

struct Pins {
    uint64_t cr0, cr4;
};

constexpr Pins pins_of(const Rules& rules) { return {pinned_bits(rules, 0), pinned_bits(rules, 4)}; }

// These bits are root mode's now, and no others. A bit that is let go becomes what the guest wrote meanwhile.
void follow_pins(Vcpu& vcpu, Pins pins);

} // namespace nadir::core
