// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Fills the current VMCS of one processor. VMX root operation, interrupts off.
#pragma once

#include "core/processor_state.h"
#include "core/vcpu.h"

namespace nadir::core {

// CR0 and CR4 as VMX operation demands them: FIXED0 says what must be 1, FIXED1 what may be 1.
// [SDM3 Appendix "VMX-Fixed Bits in CR0" and "VMX-Fixed Bits in CR4"]
struct FixedBits {
    uint64_t ones;
    uint64_t allowed;

    uint64_t adjust(uint64_t value) const { return (value | ones) & allowed; }
    bool accepts(uint64_t value) const { return adjust(value) == value; }
};
FixedBits cr0_fixed_bits(const arch::Capabilities& capabilities);
// For the guest: unrestricted guest lets PE and PG go.
FixedBits guest_cr0_fixed_bits(const arch::Capabilities& capabilities);
FixedBits cr4_fixed_bits(const arch::Capabilities& capabilities);

// `state` is the guest's at first: the running processor. RSP and RIP are written by the launch itself. False, with the
// field's encoding, when the processor refused a field that it must have.
bool set_up_vmcs(Vcpu& vcpu, const ProcessorState& state, uint64_t& refused_field);

// The value of HOST_RIP once a processor has entered, while nobody watches it (core/events/watch.h).
uint64_t usual_exit_entry(const Vmm& vmm);

} // namespace nadir::core
