// SPDX-License-Identifier: MIT OR GPL-2.0-only
// RDMSR and WRMSR of MSRs that VM exits and entries switch. They exit only while somebody watches them. In root mode the
// register holds root mode's value, and the guest's is in the VMCS: so that is what is read and written. What a write would
// be refused for is still the processor's judgement wherever root mode can execute it: it uses none of these registers but
// IA32_PAT and IA32_EFER.
#include "arch/control_registers.h"
#include "arch/msr/efer.h"
#include "arch/msr/index.h"
#include "arch/msr/pat.h"
#include "arch/vmx/fields.h"
#include "core/events/system_calls.h"
#include "core/exits/handlers.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

bool processor_refuses(Msr msr, uint64_t value) {
    return cpu::nadir_cpu_checked_wrmsr(static_cast<uint32_t>(msr), static_cast<uint32_t>(value),
                                        static_cast<uint32_t>(value >> 32)) != 0;
}

// Executed in root mode, whose next VM exit has its own value again; what the register made of it is the guest's.
template <typename Field>
Outcome write_through(Msr msr, Field field, uint64_t value) {
    if (processor_refuses(msr, value)) {
        return Outcome::general_protection;
    }
    vmwrite(field, static_cast<typename Field::value_type>(cpu::read_msr(msr)));
    return Outcome::advance;
}

Outcome write_pat(uint64_t value) {
    if (!Pat{value}.types_valid()) {
        return Outcome::general_protection;
    }
    vmwrite(vmcs::guest_pat, Pat{value});
    return Outcome::advance;
}

// Root mode can't do without LME, LMA and NXE; which bits exist doesn't depend on them. [SDM3 "IA32_EFER MSR"]
Outcome write_efer(Vcpu& vcpu, uint64_t value) {
    const Efer judged = Efer{value}.set_lme(true).set_lma(true).set_nxe(true);
    const Efer now = guest_efer(vcpu);
    const Efer wanted = Efer{value}.set_lma(now.lma()); // read-only
    const bool mode_changes = wanted.lme() != now.lme() && vmread(vmcs::guest_cr0).pg();
    if (mode_changes || processor_refuses(Msr::ia32_efer, judged.value)) {
        return Outcome::general_protection;
    }
    set_guest_efer(vcpu, wanted);
    return Outcome::advance;
}

} // namespace

Outcome rdmsr_switched(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    uint64_t value = 0;
    switch (static_cast<Msr>(static_cast<uint32_t>(r.rcx()))) {
    case Msr::ia32_sysenter_cs: value = vmread(vmcs::guest_sysenter_cs); break;
    case Msr::ia32_sysenter_esp: value = vmread(vmcs::guest_sysenter_esp); break;
    case Msr::ia32_sysenter_eip: value = vmread(vmcs::guest_sysenter_eip); break;
    case Msr::ia32_fs_base: value = vmread(vmcs::guest_fs_base); break;
    case Msr::ia32_gs_base: value = vmread(vmcs::guest_gs_base); break;
    case Msr::ia32_pat: value = vmread(vmcs::guest_pat).value; break;
    case Msr::ia32_efer: value = guest_efer(vcpu).value; break;
    default: return Outcome::unexpected;
    }
    r.rax() = value & 0xFFFF'FFFF;
    r.rdx() = value >> 32;
    return Outcome::advance;
}

Outcome wrmsr_switched(Vcpu& vcpu) {
    const auto msr = static_cast<Msr>(static_cast<uint32_t>(vcpu.registers.rcx()));
    const uint64_t value = vcpu.registers.edx_eax();
    switch (msr) {
    case Msr::ia32_sysenter_cs: return write_through(msr, vmcs::guest_sysenter_cs, value);
    case Msr::ia32_sysenter_esp: return write_through(msr, vmcs::guest_sysenter_esp, value);
    case Msr::ia32_sysenter_eip: return write_through(msr, vmcs::guest_sysenter_eip, value);
    case Msr::ia32_fs_base: return write_through(msr, vmcs::guest_fs_base, value);
    case Msr::ia32_gs_base: return write_through(msr, vmcs::guest_gs_base, value);
    case Msr::ia32_pat: return write_pat(value);
    case Msr::ia32_efer: return write_efer(vcpu, value);
    default: return Outcome::unexpected;
    }
}

} // namespace nadir::core::exits
