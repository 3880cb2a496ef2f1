// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A triple fault of the guest: the platform does what it does on a bare processor (a reset, usually), because the processor
// leaves VMX operation and then really has one.
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/root/fault_report.h"
#include "cpu/entry_points.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

Outcome triple_fault(Vcpu& vcpu) {
    report(vcpu, Message::triple_fault,
           {cpu::vmread(arch::vmcs::guest_rip), cpu::read_cr2(), cpu::vmread(arch::vmcs::guest_cr3).value});
    vcpu.vmx_on = 0;
    (void)cpu::vmclear(vcpu.place.vmcs_physical);
    (void)cpu::vmxoff();
    cpu::nadir_cpu_triple_fault();
}

} // namespace nadir::core::exits
