// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The memory type of one address, written from the manual's rules in their order, as slowly as they come, and random MTRRs
// to compare with. [SDM3 "Memory Type Range Registers (MTRRs)"] [SDM3 "MTRR Precedences"]
#pragma once

#include <bit>
#include <cstdint>
#include <random>

#include "core/memory/memory_types.h"

namespace nadir::test {

inline uint8_t reference_fixed_type(const core::MtrrValues& m, uint64_t address) {
    struct Range {
        uint64_t begin, step;
    };
    // IA32_MTRR_FIX64K_00000, FIX16K_80000, FIX16K_A0000, FIX4K_C0000 ... FIX4K_F8000
    constexpr Range ranges[11] = {{0x00000, 0x10000}, {0x80000, 0x4000}, {0xA0000, 0x4000}, {0xC0000, 0x1000},
                                  {0xC8000, 0x1000},  {0xD0000, 0x1000}, {0xD8000, 0x1000}, {0xE0000, 0x1000},
                                  {0xE8000, 0x1000},  {0xF0000, 0x1000}, {0xF8000, 0x1000}};
    for (unsigned r = 0; r < 11; ++r) {
        for (unsigned byte = 0; byte < 8; ++byte) {
            const uint64_t begin = ranges[r].begin + byte * ranges[r].step;
            if (address >= begin && address < begin + ranges[r].step) {
                return static_cast<uint8_t>(m.fixed[r] >> (8 * byte));
            }
        }
    }
    return 0xFF;
}

inline uint8_t reference_type(const core::MtrrValues& m, uint64_t address) {
    constexpr uint8_t uc = 0, wt = 4, wb = 6;
    if (!m.supported) {
        return wb;
    }
    const uint64_t def = m.default_type.value;
    if ((def & (1u << 11)) == 0) {
        return uc; // "When this bit is clear, all of physical memory is UC"
    }
    if (address < 0x10'0000 && (m.capability.value & (1u << 8)) != 0 && (def & (1u << 10)) != 0) {
        return reference_fixed_type(m, address);
    }
    unsigned types = 0; // a bit for each that a range gives
    for (uint32_t i = 0; i < m.variable_count; ++i) {
        const uint64_t base = m.base[i].value & 0x000F'FFFF'FFFF'F000;
        const uint64_t mask = m.mask[i].value & 0x000F'FFFF'FFFF'F000;
        if ((m.mask[i].value & (1u << 11)) != 0 && (address & mask) == (base & mask)) {
            types |= 1u << (m.base[i].value & 7);
        }
    }
    if (types == 0) {
        return static_cast<uint8_t>(def);
    }
    if ((types & (types - 1)) == 0) {
        return static_cast<uint8_t>(std::countr_zero(types));
    }
    if ((types & 1u << uc) != 0) {
        return uc;
    }
    if (types == (1u << wt | 1u << wb)) {
        return wt;
    }
    return uc; // undefined; the core's choice
}

// The type changes at multiples of this only.
inline uint64_t reference_granularity(const core::MtrrValues& m, uint64_t address) {
    uint64_t bits = uint64_t{1} << 51;
    for (uint32_t i = 0; i < m.variable_count; ++i) {
        if ((m.mask[i].value & (1u << 11)) != 0) {
            bits |= m.mask[i].value & 0x000F'FFFF'FFFF'F000;
        }
    }
    return address < 0x20'0000 ? 0x1000 : bits & -bits;
}

class RandomMtrrs {
public:
    explicit RandomMtrrs(uint64_t seed) : random_(seed) {}

    uint64_t number(uint64_t below) { return random_() % below; }
    uint8_t type() {
        constexpr uint8_t types[] = {0, 0, 1, 4, 5, 6, 6};
        return types[number(7)];
    }

    core::MtrrValues make(unsigned physical_bits) {
        core::MtrrValues m{};
        m.supported = number(20) != 0;
        m.capability = arch::MtrrCapability{10 | (number(4) != 0 ? 1u << 8 : 0u)};
        m.default_type =
            arch::MtrrDefaultType{type() | (number(4) != 0 ? 1u << 10 : 0u) | (number(10) != 0 ? 1u << 11 : 0u)};
        for (uint64_t& fixed : m.fixed) {
            for (unsigned byte = 0; byte < 8; ++byte) {
                fixed |= uint64_t{type()} << (8 * byte);
            }
        }
        m.variable_count = 10;
        const uint64_t width = (uint64_t{1} << physical_bits) - 1;
        for (unsigned i = 0; i < 10; ++i) {
            // Sizes of all magnitudes, most of them where memory is.
            const unsigned size = 12 + static_cast<unsigned>(number(physical_bits - 12));
            uint64_t mask = width & ~((uint64_t{1} << size) - 1);
            if (number(12) == 0) {
                mask &= ~(uint64_t{1} << (12 + number(physical_bits - 12))); // a hole in the mask is allowed
            }
            const uint64_t base = (random_() & (number(2) != 0 ? width : 0x3'FFFF'FFFF)) & mask & ~uint64_t{0xFFF};
            m.base[i] = arch::MtrrPhysicalBase{base | type()};
            m.mask[i] = arch::MtrrPhysicalMask{mask | (number(5) != 0 ? 1u << 11 : 0u)};
        }
        return m;
    }

    // Addresses near the borders of ranges, and others.
    uint64_t address(const core::MtrrValues& m, unsigned physical_bits) {
        const uint64_t width = (uint64_t{1} << physical_bits) - 1;
        const auto i = number(10);
        switch (number(4)) {
        case 0: return m.base[i].address() & width;
        case 1: return (m.base[i].address() + (~m.mask[i].address() & width) + 1 - 4096 * number(2)) & width;
        case 2: return number(0x20'0000);
        default: return random_() & width;
        }
    }

private:
    std::mt19937_64 random_;
};

} // namespace nadir::test
