// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Selectors, descriptors, access rights in the VMCS's format, descriptor-table registers.
// [SDM3 "Segmentation"], [SDM3 "Guest Register State"] (access rights)
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct Selector : Register<Selector, std::uint16_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, rpl, 1, 0, "requested privilege level")
    NADIR_BIT(ti, 2, "0: GDT; 1: LDT")
    NADIR_FIELD(std::uint16_t, index, 15, 3, "index of the descriptor")

    // Null whatever the RPL.
    [[nodiscard]] constexpr bool null() const { return (value & 0xFFFC) == 0; }
    // Byte offset of the descriptor in its table.
    [[nodiscard]] constexpr std::uint16_t offset() const { return static_cast<std::uint16_t>(value & 0xFFF8); }
    static constexpr Selector gdt(std::uint16_t index, std::uint8_t rpl = 0) {
        return Selector{}.set_index(index).set_rpl(rpl);
    }
};

// Types of code and data segments (S = 1): bit 3 code, bit 2 expand-down or conforming, bit 1 writable or readable,
// bit 0 accessed.
namespace segment_type {
inline constexpr std::uint8_t accessed = 1;
inline constexpr std::uint8_t writable = 2;
inline constexpr std::uint8_t expand_down = 4;
inline constexpr std::uint8_t readable = 2;
inline constexpr std::uint8_t conforming = 4;
inline constexpr std::uint8_t code = 8;
// System segments (S = 0).
inline constexpr std::uint8_t tss16_available = 1;
inline constexpr std::uint8_t ldt = 2;
inline constexpr std::uint8_t tss16_busy = 3;
inline constexpr std::uint8_t call_gate16 = 4;
inline constexpr std::uint8_t task_gate = 5;
inline constexpr std::uint8_t interrupt_gate16 = 6;
inline constexpr std::uint8_t trap_gate16 = 7;
inline constexpr std::uint8_t tss_available = 9; // 32-bit, or 64-bit in IA-32e mode; the same for the others below
inline constexpr std::uint8_t tss_busy = 11;
inline constexpr std::uint8_t call_gate = 12;
inline constexpr std::uint8_t interrupt_gate = 14;
inline constexpr std::uint8_t trap_gate = 15;
} // namespace segment_type

// A segment's attributes as the VMCS holds them.
struct AccessRights : Register<AccessRights, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, type, 3, 0, "segment type")
    NADIR_BIT(s, 4, "0: system; 1: code or data")
    NADIR_FIELD(std::uint8_t, dpl, 6, 5, "descriptor privilege level")
    NADIR_BIT(p, 7, "present")
    NADIR_BIT(avl, 12, "for software")
    NADIR_BIT(l, 13, "64-bit code segment")
    NADIR_BIT(db, 14, "default operation size, or big stack")
    NADIR_BIT(g, 15, "limit in 4-KiB units")
    NADIR_BIT(unusable, 16, "the segment cannot be used (null selector)")

    // The value that stands for a null selector.
    static constexpr AccessRights none() { return AccessRights{unusable_mask}; }
    // What LAR returns (bits 23:8 of a descriptor's upper half), as the processor keeps it.
    static constexpr AccessRights from_lar(std::uint32_t lar) { return AccessRights{(lar >> 8) & 0xF0FF}; }
};

// The 8 bytes of a code, data, or 32-bit system descriptor.
struct SegmentDescriptor : Register<SegmentDescriptor, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, limit_low, 15, 0, "limit, bits 15:0")
    NADIR_FIELD(std::uint32_t, base_low, 39, 16, "base, bits 23:0")
    NADIR_FIELD(std::uint8_t, type, 43, 40, "segment type")
    NADIR_BIT(s, 44, "0: system; 1: code or data")
    NADIR_FIELD(std::uint8_t, dpl, 46, 45, "descriptor privilege level")
    NADIR_BIT(p, 47, "present")
    NADIR_FIELD(std::uint8_t, limit_high, 51, 48, "limit, bits 19:16")
    NADIR_BIT(avl, 52, "for software")
    NADIR_BIT(l, 53, "64-bit code segment")
    NADIR_BIT(db, 54, "default operation size, or big stack")
    NADIR_BIT(g, 55, "limit in 4-KiB units")
    NADIR_FIELD(std::uint8_t, base_high, 63, 56, "base, bits 31:24")

    [[nodiscard]] constexpr std::uint32_t base() const {
        return base_low() | (static_cast<std::uint32_t>(base_high()) << 24);
    }
    // In bytes: the highest valid offset, with G applied.
    [[nodiscard]] constexpr std::uint32_t limit() const {
        const std::uint32_t raw = limit_low() | (static_cast<std::uint32_t>(limit_high()) << 16);
        return g() ? (raw << 12) | 0xFFF : raw;
    }
    [[nodiscard]] constexpr AccessRights access_rights() const {
        return AccessRights{static_cast<std::uint32_t>(value >> 40) & 0xF0FF};
    }
    constexpr SegmentDescriptor& set_base(std::uint32_t base) {
        return set_base_low(base & 0xFFFFFF).set_base_high(static_cast<std::uint8_t>(base >> 24));
    }
    // `raw`: 20 bits, in the unit that G says.
    constexpr SegmentDescriptor& set_limit(std::uint32_t raw) {
        const auto high = static_cast<std::uint8_t>((raw >> 16) & 0xF);
        return set_limit_low(static_cast<std::uint16_t>(raw)).set_limit_high(high);
    }
    // The 64-bit code segment and the flat data segment of a small GDT.
    static constexpr SegmentDescriptor code64(std::uint8_t dpl = 0) {
        return SegmentDescriptor{}
            .set_type(segment_type::code | segment_type::readable | segment_type::accessed)
            .set_s(true)
            .set_dpl(dpl)
            .set_p(true)
            .set_l(true)
            .set_limit(0xFFFFF)
            .set_g(true);
    }
    static constexpr SegmentDescriptor data(std::uint8_t dpl = 0) {
        return SegmentDescriptor{}
            .set_type(segment_type::writable | segment_type::accessed)
            .set_s(true)
            .set_dpl(dpl)
            .set_p(true)
            .set_db(true)
            .set_limit(0xFFFFF)
            .set_g(true);
    }
};

// The 16 bytes of a TSS or LDT descriptor in IA-32e mode.
struct SystemSegmentDescriptor {
    SegmentDescriptor low;
    std::uint64_t high = 0; // bits 31:0: base 63:32; the rest is reserved

    [[nodiscard]] constexpr std::uint64_t base() const { return low.base() | (high << 32); }
    [[nodiscard]] constexpr std::uint32_t limit() const { return low.limit(); }
    [[nodiscard]] constexpr AccessRights access_rights() const { return low.access_rights(); }
    static constexpr SystemSegmentDescriptor make(std::uint64_t base, std::uint32_t limit, std::uint8_t type) {
        SystemSegmentDescriptor descriptor;
        descriptor.low.set_base(static_cast<std::uint32_t>(base)).set_limit(limit).set_type(type).set_p(true);
        descriptor.high = base >> 32;
        return descriptor;
    }
    friend constexpr bool operator==(const SystemSegmentDescriptor&, const SystemSegmentDescriptor&) = default;
};
static_assert(sizeof(SystemSegmentDescriptor) == 16);

// The operand of LGDT, LIDT, SGDT, SIDT in 64-bit mode.
struct [[gnu::packed]] DescriptorTableRegister {
    std::uint16_t limit = 0;
    std::uint64_t base = 0;

    friend constexpr bool operator==(DescriptorTableRegister a, DescriptorTableRegister b) {
        return a.limit == b.limit && a.base == b.base;
    }
};
static_assert(sizeof(DescriptorTableRegister) == 10);

} // namespace nadir::arch
