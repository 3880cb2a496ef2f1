// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Gates of the IDT in IA-32e mode. [SDM3 "64-Bit Mode IDT"]
#pragma once

#include "arch/register.h"
#include "arch/segments.h"

namespace nadir::arch {

// The lower eight bytes, with all attributes.
struct GateLow : Register<GateLow, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, offset_low, 15, 0, "offset, bits 15:0")
    NADIR_FIELD(std::uint16_t, selector, 31, 16, "code-segment selector")
    NADIR_FIELD(std::uint8_t, ist, 34, 32, "interrupt stack, 0 for none")
    NADIR_FIELD(std::uint8_t, type, 43, 40, "14: interrupt gate; 15: trap gate")
    NADIR_FIELD(std::uint8_t, dpl, 46, 45, "lowest privilege from which INT n may use it")
    NADIR_BIT(p, 47, "present")
    NADIR_FIELD(std::uint16_t, offset_middle, 63, 48, "offset, bits 31:16")
};

struct InterruptGate64 {
    GateLow low;
    std::uint64_t high = 0; // bits 31:0: offset 63:32; the rest is reserved

    [[nodiscard]] constexpr std::uint64_t offset() const {
        return low.offset_low() | (std::uint64_t{low.offset_middle()} << 16) | (high << 32);
    }
    [[nodiscard]] constexpr Selector selector() const { return Selector{low.selector()}; }
    [[nodiscard]] constexpr std::uint8_t ist() const { return low.ist(); }

    // `ist`: 0 keeps the stack, 1 to 7 switches to TaskStateSegment64::ist[ist - 1].
    static constexpr InterruptGate64 make(std::uint64_t offset, Selector code, std::uint8_t ist = 0,
                                          std::uint8_t dpl = 0, std::uint8_t type = segment_type::interrupt_gate) {
        InterruptGate64 gate;
        gate.low.set_offset_low(static_cast<std::uint16_t>(offset))
            .set_selector(code.value)
            .set_ist(ist)
            .set_type(type)
            .set_dpl(dpl)
            .set_p(true)
            .set_offset_middle(static_cast<std::uint16_t>(offset >> 16));
        gate.high = offset >> 32;
        return gate;
    }
    friend constexpr bool operator==(const InterruptGate64&, const InterruptGate64&) = default;
};
static_assert(sizeof(InterruptGate64) == 16);

} // namespace nadir::arch
