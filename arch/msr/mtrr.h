// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Memory type range registers. [SDM3 "Memory Type Range Registers (MTRRs)"]
#pragma once

#include "arch/memory_type.h"
#include "arch/register.h"

namespace nadir::arch {

struct MtrrCapability : Register<MtrrCapability, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, variable_count, 7, 0, "number of variable ranges")
    NADIR_BIT(fixed, 8, "fixed ranges are supported")
    NADIR_BIT(write_combining, 10, "type write combining is supported")
    NADIR_BIT(smrr, 11, "SMRAM range registers are supported")
    NADIR_BIT(prmrr, 12, "processor reserved memory range is supported")
};

struct MtrrDefaultType : Register<MtrrDefaultType, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, type, 7, 0, "type of memory that no range covers")
    NADIR_BIT(fixed_enable, 10, "fixed ranges are in use (when the MTRRs are)")
    NADIR_BIT(enable, 11, "MTRRs are in use; when 0 all memory is uncacheable")
};

// Bits above the processor's physical address width are reserved too; that width is not known here.
struct MtrrPhysicalBase : Register<MtrrPhysicalBase, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, type, 7, 0, "memory type of the range")
    NADIR_FIELD(std::uint64_t, page_number, 51, 12, "base address divided by 4096")

    [[nodiscard]] constexpr std::uint64_t address() const { return page_number() << 12; }
    constexpr MtrrPhysicalBase& set_address(std::uint64_t address) {
        return set_page_number((address >> 12) & (page_number_mask >> 12));
    }
};

// An address is in the range when address & mask == base & mask.
struct MtrrPhysicalMask : Register<MtrrPhysicalMask, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(valid, 11, "the range is in use")
    NADIR_FIELD(std::uint64_t, page_number, 51, 12, "address mask divided by 4096")

    [[nodiscard]] constexpr std::uint64_t address() const { return page_number() << 12; }
    constexpr MtrrPhysicalMask& set_address(std::uint64_t address) {
        return set_page_number((address >> 12) & (page_number_mask >> 12));
    }
};

// Eight types, the lowest addresses in the lowest byte.
struct MtrrFixed : Register<MtrrFixed, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, type0, 7, 0, "type of the 1st part")
    NADIR_FIELD(MemoryType, type1, 15, 8, "type of the 2nd part")
    NADIR_FIELD(MemoryType, type2, 23, 16, "type of the 3rd part")
    NADIR_FIELD(MemoryType, type3, 31, 24, "type of the 4th part")
    NADIR_FIELD(MemoryType, type4, 39, 32, "type of the 5th part")
    NADIR_FIELD(MemoryType, type5, 47, 40, "type of the 6th part")
    NADIR_FIELD(MemoryType, type6, 55, 48, "type of the 7th part")
    NADIR_FIELD(MemoryType, type7, 63, 56, "type of the 8th part")

    [[nodiscard]] constexpr MemoryType type(unsigned part) const {
        return static_cast<MemoryType>(static_cast<std::uint8_t>(value >> (8 * (part & 7))));
    }
};

} // namespace nadir::arch
