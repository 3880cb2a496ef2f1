// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which values of a register would be accepted: what the host's and the guest's rules have in common.
#pragma once

#include "check/entry/rule.h"

namespace nadir::check {

// Bits that disagree with the FIXED MSRs. [SDM3 "Restrictions on VMX Operation"]
constexpr std::uint64_t unfixed(std::uint64_t value, std::uint64_t fixed0, std::uint64_t fixed1) {
    return (fixed0 & ~value) | (value & ~fixed1);
}

// CD and NW are not checked, whatever the MSRs say.
inline constexpr std::uint64_t cr0_unchecked = arch::Cr0::cd_mask | arch::Cr0::nw_mask;

// Bits of CR3 beyond the physical-address width; those of linear-address masking are fine where the processor has it.
inline std::uint64_t bad_cr3_bits(const EntryContext& c, arch::Cr3 value) {
    return c.beyond_width(value.value) & ~(c.capabilities().lam() ? arch::Cr3::lam_mask : 0);
}

// Bits of IA32_EFER that this processor has.
inline std::uint64_t efer_bits(const EntryContext& c) {
    return arch::Efer::sce_mask | arch::Efer::lme_mask | arch::Efer::lma_mask |
           (c.capabilities().execute_disable() ? arch::Efer::nxe_mask : 0);
}

// One enable per counter that CPUID.0AH announces.
inline std::uint64_t perf_global_ctrl_bits(const EntryContext& c) {
    const arch::CpuidRegisters& leaf = c.capabilities().leaf_a;
    const unsigned general = (leaf.eax >> 8) & 0xFF;
    const unsigned fixed = leaf.edx & 0x1F;
    // From version 5 on, ECX has a bitmap of the fixed-function counters, which may have gaps.
    const std::uint64_t fixed_bits = base::low_mask(fixed) | ((leaf.eax & 0xFF) >= 5 ? leaf.ecx : 0);
    return base::low_mask(general) | (fixed_bits << 32) | arch::PerfGlobalCtrl::perf_metrics_mask;
}

// Bits 9:6 are reserved; TRACKER and SUPPRESS exclude each other; the rest is an address.
inline Breach bad_cet_control(const EntryContext& c, arch::CetControl value) {
    const std::uint64_t reserved = value.value & 0x3C0;
    return {reserved != 0 || !c.canonical(value.value) || (value.suppress() && value.wait_for_endbranch()), reserved};
}

} // namespace nadir::check
