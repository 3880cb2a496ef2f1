// SPDX-License-Identifier: MIT OR GPL-2.0-only
// RDMSR and WRMSR come here for MSRs outside the two ranges of the MSR bitmap, which always exit, and for those few that
// core/msr_policy.h asks for.
#include "arch/msr/index.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/log.h"
#include "core/memory/second_level.h"
#include "core/msr_policy.h"
#include "core/vmm.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

namespace {

// What is seldom, each on its own: the others need no place for it.

// The operand is an address in the guest's memory, which root mode doesn't map; and a microcode update under a running
// hypervisor could change what it relies on. As on a processor whose update was refused: nothing happens.
[[gnu::noinline]] Outcome ignore_microcode_update(Vcpu& vcpu) {
    log(vcpu, Message::microcode_update_ignored, {vcpu.registers.edx_eax(), cpu::vmread(arch::vmcs::guest_rip)});
    return Outcome::advance;
}

[[gnu::noinline]] Outcome mtrr_changed(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    log(vcpu, Message::mtrr_changed, {static_cast<uint32_t>(r.rcx()), r.edx_eax()});
    follow_mtrrs(vcpu);
    return Outcome::advance;
}

} // namespace

Outcome rdmsr(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    const uint32_t msr = static_cast<uint32_t>(r.rcx());
    uint64_t value = 0;
    if (cpu::nadir_cpu_checked_rdmsr(msr, &value) != 0) {
        return Outcome::general_protection;
    }
    r.rax() = value & 0xFFFF'FFFF;
    r.rdx() = value >> 32;
    return Outcome::advance;
}

Outcome wrmsr(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    const uint32_t msr = static_cast<uint32_t>(r.rcx());
    if (msr == static_cast<uint32_t>(arch::Msr::ia32_bios_updt_trig)) {
        return ignore_microcode_update(vcpu);
    }
    if (cpu::nadir_cpu_checked_wrmsr(msr, static_cast<uint32_t>(r.rax()), static_cast<uint32_t>(r.rdx())) != 0) {
        return Outcome::general_protection;
    }
    if (is_mtrr(msr)) {
        return mtrr_changed(vcpu);
    }
    return Outcome::advance;
}

} // namespace nadir::core::exits
