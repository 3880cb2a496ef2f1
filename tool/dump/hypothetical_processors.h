// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which processor made a dump is often unknown. Some answers are the same on all: those of these four are taken for that.
#pragma once

#include "arch/capabilities.h"

#include <vector>

namespace nadir::tool {

// No feature and every feature, each with the narrowest and the widest addresses. Their MSRs are unknown.
inline std::vector<arch::Capabilities> hypothetical_processors() {
    const auto processor = [](bool features, std::uint32_t address_bits) {
        arch::Capabilities caps{};
        caps.layout = arch::Capabilities::current_layout;
        const std::uint32_t all = features ? 0xFFFF'FFFF : 0;
        for (arch::CpuidRegisters* leaf : {&caps.leaf_1, &caps.leaf_7, &caps.leaf_7_1, &caps.leaf_d, &caps.leaf_d_1,
                                           &caps.leaf_80000001, &caps.leaf_80000007}) {
            *leaf = {all, all, all, all};
        }
        // Version 5 with 32 general-purpose and 16 fixed counters, more than any has. [SDM2 "CPUID" leaf 0AH]
        caps.leaf_a = features ? arch::CpuidRegisters{0x08302005, 0, 0xFFFF, 0x610} : arch::CpuidRegisters{0, 0, 0, 0};
        caps.leaf_80000008 = {address_bits, 0, 0, 0};
        return caps;
    };
    constexpr std::uint32_t narrow = 0x3020; // 48 linear, 32 physical
    constexpr std::uint32_t wide = 0x3934;   // 57 linear, 52 physical
    return {processor(false, narrow), processor(false, wide), processor(true, narrow), processor(true, wide)};
}

} // namespace nadir::tool
