// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which accesses to MSRs cause VM exits. The rest goes straight to the processor.
#pragma once

#include <array>
#include <cstdint>

#include "arch/vmx/msr_bitmap.h"

namespace nadir::core {

// Does the MSR say which memory type an address has? [SDM3 "MTRR Feature Identification"]
constexpr bool is_mtrr(uint32_t msr) {
    if (msr - 0x200 > 0xFF) { // nearly all that is written
        return false;
    }
    const bool variable = msr >= 0x200 && msr < 0x200 + 2 * 32;
    const bool fixed = msr == 0x250 || msr == 0x258 || msr == 0x259 || (msr >= 0x268 && msr <= 0x26F);
    return variable || fixed || msr == 0x2FF;
}

// The same of 200H to 2FFH, a bit for each: found by the compiler, not at each start.
inline constexpr uint32_t first_mtrr = 0x200;
inline constexpr std::array<uint8_t, 0x100 / 8> mtrr_bits = [] {
    std::array<uint8_t, 0x100 / 8> bits{};
    for (uint32_t i = 0; i < 0x100; ++i) {
        bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | (is_mtrr(first_mtrr + i) ? 1u << (i % 8) : 0u));
    }
    return bits;
}();

// Writes of the MTRRs (EPT memory types follow them) and of the microcode-update trigger (its operand is a guest address).
constexpr void apply_msr_policy(arch::MsrBitmap& bitmap) {
    bitmap.add_writes(first_mtrr, mtrr_bits);
    bitmap.set_write(arch::Msr::ia32_bios_updt_trig, true);
}

// MSRs that VM exits and entries switch, and that core/exits/switched_msr.cpp knows how to read and write for the guest.
constexpr bool is_switched(uint32_t msr) {
    switch (static_cast<arch::Msr>(msr)) {
    case arch::Msr::ia32_sysenter_cs:
    case arch::Msr::ia32_sysenter_esp:
    case arch::Msr::ia32_sysenter_eip:
    case arch::Msr::ia32_pat:
    case arch::Msr::ia32_efer:
    case arch::Msr::ia32_fs_base:
    case arch::Msr::ia32_gs_base: return true;
    default: return false;
    }
}

// Can accesses be made to exit without a difference for the guest? These are switched, too, and root mode can neither execute
// their writes nor judge them without knowing the processor's model.
constexpr bool is_watchable(uint32_t msr) {
    switch (static_cast<arch::Msr>(msr)) {
    case arch::Msr::ia32_debugctl:
    case arch::Msr::ia32_s_cet:
    case arch::Msr::ia32_interrupt_ssp_table_addr:
    case arch::Msr::ia32_pkrs: return false;
    default: return true;
    }
}

} // namespace nadir::core
