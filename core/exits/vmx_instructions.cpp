// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The guest's own VMX instructions. It is not in VMX operation, so all of them raise #UD, with one exception: VMXON, which
// on a processor without us would work. We can't be two; it is refused as firmware refuses it that has locked VMX off.
#include "arch/control_registers.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

Outcome vmxon(Vcpu& vcpu) {
    // CR4.VMXE as the guest wrote it; the processor's own is always 1 here. [SDM3 "VMXON"]: this check comes first.
    if (!cpu::vmread(arch::vmcs::cr4_read_shadow).vmxe()) {
        return Outcome::invalid_opcode;
    }
    log(vcpu, Message::guest_tried_vmxon, {cpu::vmread(arch::vmcs::guest_rip)});
    return Outcome::general_protection;
}

} // namespace nadir::core::exits
