// SPDX-License-Identifier: MIT OR GPL-2.0-only
// XSETBV always exits (after its check of CR4.OSXSAVE). XCR0 is not switched by VMX, so the guest's value is the
// processor's: root mode executes the same XSETBV and lets the processor judge it. Upper RCX, RAX, RDX are ignored by it.
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

namespace {

// On its own, so that who isn't refused needs no place for this.
[[gnu::noinline]] Outcome refused(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    log(vcpu, Message::xsetbv_refused,
        {static_cast<uint32_t>(r.rcx()), r.edx_eax(), cpu::vmread(arch::vmcs::guest_rip)});
    return Outcome::general_protection;
}

} // namespace

Outcome xsetbv(Vcpu& vcpu) {
    // The processor checks the privilege level before it exits; Bochs 2.7 does not.
    if (guest_privilege_level() != 0) {
        return Outcome::general_protection;
    }
    GuestRegisters& r = vcpu.registers;
    const uint32_t index = static_cast<uint32_t>(r.rcx());
    if (cpu::nadir_cpu_checked_xsetbv(index, static_cast<uint32_t>(r.rax()), static_cast<uint32_t>(r.rdx())) != 0) {
        return refused(vcpu);
    }
    return Outcome::advance;
}

} // namespace nadir::core::exits
