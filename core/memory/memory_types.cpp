// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/memory_types.h"

#include <bit>

namespace nadir::core {

namespace {

using arch::MemoryType;

constexpr uint64_t fixed_end = 0x10'0000; // the fixed ranges cover the first MiB

bool fixed_ranges_used(const MtrrValues& mtrr) { return mtrr.capability.fixed() && mtrr.default_type.fixed_enable(); }

// Eight ranges per register, the lowest addresses in the lowest byte; counted over all registers. [SDM3 "Fixed Range MTRRs"]
constexpr unsigned fixed_ranges = 88;

unsigned fixed_range_of(uint64_t address) {
    if (address < 0x8'0000) {
        return static_cast<unsigned>(address / 0x1'0000);
    }
    if (address < 0xC'0000) {
        return 8 + static_cast<unsigned>((address - 0x8'0000) / 0x4000);
    }
    return 24 + static_cast<unsigned>((address - 0xC'0000) / 0x1000);
}

// Also of the one behind the last.
uint64_t start_of_fixed_range(unsigned range) {
    return range < 8    ? uint64_t{range} * 0x1'0000
           : range < 24 ? 0x8'0000 + uint64_t{range - 8} * 0x4000
                        : 0xC'0000 + uint64_t{range - 24} * 0x1000;
}

uint8_t type_of_fixed_range(const MtrrValues& mtrr, unsigned range) {
    return static_cast<uint8_t>(mtrr.fixed[range / 8] >> (8 * (range % 8)));
}

MemoryType fixed_type(const MtrrValues& mtrr, uint64_t address) {
    return static_cast<MemoryType>(type_of_fixed_range(mtrr, fixed_range_of(address)));
}

uint64_t same_fixed_type_until(const MtrrValues& mtrr, uint64_t address) {
    unsigned range = fixed_range_of(address);
    const uint8_t type = type_of_fixed_range(mtrr, range);
    const uint64_t all_eight = type * uint64_t{0x0101'0101'0101'0101};
    do {
        range += range % 8 == 0 && mtrr.fixed[range / 8] == all_eight ? 8 : 1;
    } while (range < fixed_ranges && type_of_fixed_range(mtrr, range) == type);
    return start_of_fixed_range(range);
}

constexpr uint64_t never = ~uint64_t{0};

// Where a variable range may begin or end next. `address` is in it when it agrees with `base` in the bits of `mask`.
uint64_t variable_range_changes(uint64_t base, uint64_t mask, uint64_t address) {
    if (mask == 0) {
        return never; // everything is in it
    }
    const uint64_t piece = uint64_t{1} << std::countr_zero(mask);
    const uint64_t period = mask | (piece - 1); // beyond the mask's highest bit the range comes again
    const bool has_holes = (period & (period + 1)) != 0;
    if (has_holes || ((address ^ base) & mask) == 0) {
        return (address | (piece - 1)) + 1;
    }
    const uint64_t start = (address & ~period) | (base & mask);
    return start > address ? start : start + period + 1;
}

// Two variable ranges that overlap: UC wins, WT wins over WB, equal types stay; anything else is undefined, and UC is the
// one answer that can't break a device. [SDM3 "MTRR Precedences"]
MemoryType combine(MemoryType a, MemoryType b) {
    if (a == b) {
        return a;
    }
    const bool write_through_and_back = (a == MemoryType::write_through && b == MemoryType::write_back) ||
                                        (a == MemoryType::write_back && b == MemoryType::write_through);
    return write_through_and_back ? MemoryType::write_through : MemoryType::uncacheable;
}

} // namespace

std::optional<MemoryType> uniform_type(const MtrrValues& mtrr, uint64_t address, uint64_t bytes) {
    if (!mtrr.supported) {
        return MemoryType::write_back;
    }
    if (!mtrr.default_type.enable()) {
        return MemoryType::uncacheable;
    }
    if (address < fixed_end && fixed_ranges_used(mtrr)) {
        if (bytes > 4096) {
            return std::nullopt;
        }
        return fixed_type(mtrr, address);
    }
    const uint64_t inside = bytes - 1;
    std::optional<MemoryType> found;
    for (unsigned i = 0; i < mtrr.variable_count; ++i) {
        if (!mtrr.mask[i].valid()) {
            continue;
        }
        const uint64_t mask = mtrr.mask[i].page_number() << 12;
        if (((address ^ (mtrr.base[i].page_number() << 12)) & mask & ~inside) != 0) {
            continue; // no byte of the range is in it
        }
        if ((mask & inside) != 0) {
            return std::nullopt; // some are
        }
        const MemoryType type = mtrr.base[i].type();
        found = found ? combine(*found, type) : type;
    }
    return found ? *found : mtrr.default_type.type();
}

uint64_t same_type_until(const MtrrValues& mtrr, uint64_t address) {
    if (!mtrr.supported || !mtrr.default_type.enable()) {
        return never;
    }
    if (address < fixed_end && fixed_ranges_used(mtrr)) {
        return same_fixed_type_until(mtrr, address);
    }
    uint64_t until = never;
    for (unsigned i = 0; i < mtrr.variable_count; ++i) {
        if (mtrr.mask[i].valid()) {
            const uint64_t change = variable_range_changes(mtrr.base[i].address(), mtrr.mask[i].address(), address);
            until = change < until ? change : until;
        }
    }
    return until;
}

MemoryType type_at(const MtrrValues& mtrr, uint64_t address) {
    // A variable range is never smaller than 4 KiB, so a page always has one type.
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    return *uniform_type(mtrr, address & ~uint64_t{0xFFF}, 4096);
}

} // namespace nadir::core
