// SPDX-License-Identifier: MIT OR GPL-2.0-only
// CPUID always exits. The answer is the processor's own, given in root mode; only what depends on the guest's mode or CR4
// has to follow those instead of root mode's. [SDM2 "CPUID"] It is the exit that a system causes most often, so the exit loop
// has this in line.
//
// Most leaves never come here: cpu/exit.S answers them. Whoever wants to see or change another leaf adds its number (modulo
// 32) to NADIR_CPUID_GENERAL_LEAVES in cpu/exit_path.h.
#pragma once

#include "arch/control_registers.h"
#include "arch/vmx/fields.h"
#include "core/exits/outcome.h"
#include "core/guest.h"
#include "core/vcpu.h"
#include "cpu/cpuid.h"
#include "cpu/exit_path.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

inline constexpr uint32_t leaf1_ecx_osxsave = 1u << 27;
inline constexpr uint32_t leaf7_ecx_ospke = 1u << 4;
inline constexpr uint32_t leaf19_ebx_aeskle = 1u << 0;
inline constexpr uint32_t leaf80000001_edx_syscall = 1u << 11;

// May the answer for this leaf have to follow the guest? Leaves that share a bit with one that does pass, too.
constexpr bool cpuid_may_follow_guest(uint32_t leaf) {
    return ((uint32_t{NADIR_CPUID_GENERAL_LEAVES} >> (leaf % 32)) & 1) != 0;
}

inline void cpuid_follow_guest(cpu::CpuidResult& answer, uint32_t leaf, uint32_t subleaf) {
    const auto follow = [](uint32_t& value, uint32_t bit, bool set) { value = set ? value | bit : value & ~bit; };
    switch (leaf) {
    case 1: follow(answer.ecx, leaf1_ecx_osxsave, cpu::vmread(arch::vmcs::guest_cr4).osxsave()); break;
    case 7:
        if (subleaf == 0) {
            follow(answer.ecx, leaf7_ecx_ospke, cpu::vmread(arch::vmcs::guest_cr4).pke());
        }
        break;
    case 0x19: // AES Key Locker instructions are enabled: by firmware, and by CR4.KL
        if (!cpu::vmread(arch::vmcs::guest_cr4).kl()) {
            answer.ebx &= ~leaf19_ebx_aeskle;
        }
        break;
    case 0x8000'0001: // SYSCALL is announced in 64-bit mode only
        if (!guest_in_64_bit_mode()) {
            answer.edx &= ~leaf80000001_edx_syscall;
        }
        break;
    default: break;
    }
}

// 32-bit results: the upper halves become 0 in every mode.
inline void give_cpuid(GuestRegisters& r, const cpu::CpuidResult& answer) {
    r.rax() = answer.eax;
    r.rbx() = answer.ebx;
    r.rcx() = answer.ecx;
    r.rdx() = answer.edx;
}

inline Outcome cpuid(Vcpu& vcpu) {
    GuestRegisters& r = vcpu.registers;
    const uint32_t leaf = static_cast<uint32_t>(r.rax());
    const uint32_t subleaf = static_cast<uint32_t>(r.rcx());
    cpu::CpuidResult answer = cpu::cpuid(leaf, subleaf);
    cpuid_follow_guest(answer, leaf, subleaf);
    give_cpuid(r, answer);
    return Outcome::advance;
}

} // namespace nadir::core::exits
