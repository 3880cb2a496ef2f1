// SPDX-License-Identifier: MIT OR GPL-2.0-only
// CPUID always exits. The answer is the processor's own, given in root mode; only the bits that mirror CR4 have to follow
// the guest's CR4 instead of root mode's. [SDM2 "CPUID"]
#include "arch/control_registers.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "cpu/cpuid.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

namespace {

constexpr uint32_t leaf1_ecx_osxsave = 1u << 27;
constexpr uint32_t leaf7_ecx_ospke = 1u << 4;

constexpr uint32_t with_bit(uint32_t value, uint32_t bit, bool set) { return set ? value | bit : value & ~bit; }

} // namespace

Outcome cpuid(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    const uint32_t leaf = static_cast<uint32_t>(r.rax());
    const uint32_t subleaf = static_cast<uint32_t>(r.rcx());
    cpu::CpuidResult answer = cpu::cpuid(leaf, subleaf);
    if (leaf == 1) {
        const arch::Cr4 cr4 = cpu::vmread(arch::vmcs::guest_cr4);
        answer.ecx = with_bit(answer.ecx, leaf1_ecx_osxsave, cr4.osxsave());
    } else if (leaf == 7 && subleaf == 0) {
        const arch::Cr4 cr4 = cpu::vmread(arch::vmcs::guest_cr4);
        answer.ecx = with_bit(answer.ecx, leaf7_ecx_ospke, cr4.pke());
    }
    // 32-bit results: the upper halves become 0 in every mode.
    r.rax() = answer.eax;
    r.rbx() = answer.ebx;
    r.rcx() = answer.ecx;
    r.rdx() = answer.edx;
    return Outcome::advance;
}

} // namespace nadir::core::exits
