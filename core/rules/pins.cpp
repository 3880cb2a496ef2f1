// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/rules/pins.h"

#include "arch/vmx/fields.h"
#include "core/memory/second_level.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::Cr0;
using arch::Cr4;
using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

struct Split {
    uint64_t real, shadow, mask;

    uint64_t seen() const { return (real & ~mask) | (shadow & mask); }

    // What belongs to `wanted` is root mode's; what no longer does becomes as the guest sees it.
    Split with(uint64_t wanted) const {
        const uint64_t let_go = mask & ~wanted;
        return {(real & ~let_go) | (shadow & let_go), seen(), wanted};
    }
};

} // namespace

void follow_pins(Vcpu& vcpu, Pins pins) {
    const arch::Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const Split cr0{vmread(vmcs::guest_cr0).value, vmread(vmcs::cr0_read_shadow).value, vmread(vmcs::cr0_mask).value};
    const Split cr4{vmread(vmcs::guest_cr4).value, vmread(vmcs::cr4_read_shadow).value, vmread(vmcs::cr4_mask).value};
    Split new_cr0 = cr0.with(guest_cr0_fixed_bits(capabilities).ones | pins.cr0);
    const Split new_cr4 = cr4.with(cr4_fixed_bits(capabilities).ones | pins.cr4);
    // The guest may have set CET while WP was pinned, and clear for its eyes: no processor has the one without the other.
    if (Cr4{new_cr4.real}.cet()) {
        new_cr0.real |= Cr0::wp_mask;
    }
    vmwrite(vmcs::guest_cr0, Cr0{new_cr0.real});
    vmwrite(vmcs::cr0_read_shadow, Cr0{new_cr0.shadow});
    vmwrite(vmcs::cr0_mask, Cr0{new_cr0.mask});
    vmwrite(vmcs::guest_cr4, Cr4{new_cr4.real});
    vmwrite(vmcs::cr4_read_shadow, Cr4{new_cr4.shadow});
    vmwrite(vmcs::cr4_mask, Cr4{new_cr4.mask});
    if (new_cr0.real != cr0.real || new_cr4.real != cr4.real) {
        forget_guest_linear_translations(vcpu);
    }
}

} // namespace nadir::core
