// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A plan for core/memory/ept.h with memory for its pool, and its tables walked as the processor walks them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/memory/ept.h"
#include "tests/fakes/ept_walk.h"
#include "tests/unit/core/mtrr_reference.h"

namespace nadir::test {

using core::EptPlan;
using core::EptResult;

inline constexpr uint64_t kib4 = 4096;
inline constexpr uint64_t mib2 = 2 << 20;
inline constexpr uint64_t gib = 1 << 30;
inline constexpr uint64_t tib_half = 512 * gib;
inline constexpr uint64_t pool_physical = 0x7'7700'0000;
inline constexpr uint64_t hidden_page = 0x7'7000'1000;

// A plan with the memory for its pool.
class Tables {
public:
    explicit Tables(unsigned physical_bits, bool large_1g = true) {
        plan.physical_bits = physical_bits;
        plan.large_1g = large_1g;
        plan.hidden_page = hidden_page;
        plan.mtrr.supported = false;
    }

    void hide(uint64_t physical, uint64_t bytes) { plan.hidden[plan.hidden_count++] = {physical, bytes}; }

    void give_pool(uint32_t pages) {
        memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(4096, (pages + 1) * 4096ull)));
        std::memset(memory_.get(), 0, pages * 4096ull);
        plan.pool.start({memory_.get(), pool_physical, pages, 0});
    }
    bool build() {
        give_pool(core::ept_pages_needed(plan));
        return core::ept_build(plan);
    }

    std::optional<fake::EptTranslation> walk(uint64_t address) const {
        return fake::walk_ept(plan.root, address, plan.physical_bits, [this](uint64_t physical) -> const uint64_t* {
            if (physical < pool_physical || physical >= pool_physical + plan.pool.used * kib4 || physical % kib4 != 0) {
                throw std::logic_error("a table outside the pool");
            }
            return plan.pool.at(physical);
        });
    }

    bool hidden(uint64_t address) const {
        for (uint32_t i = 0; i < plan.hidden_count; ++i) {
            if (address >= plan.hidden[i].physical && address < plan.hidden[i].physical + plan.hidden[i].bytes) {
                return true;
            }
        }
        return false;
    }

    // Maps on demand as an EPT violation does; then the translation must be the right one.
    void expect_right(uint64_t address) {
        auto seen = walk(address);
        if (!seen) {
            const EptResult result = core::ept_map(plan, address);
            ASSERT_TRUE(result == EptResult::mapped || result == EptResult::already_mapped)
                << std::hex << address << ": " << static_cast<int>(result);
            seen = walk(address);
            ASSERT_TRUE(seen.has_value()) << std::hex << address;
        }
        EXPECT_EQ(seen->rights, 7u);
        if (hidden(address)) {
            EXPECT_EQ(seen->physical, hidden_page | (address & 0xFFF)) << std::hex << address;
            EXPECT_EQ(seen->page_size, kib4);
            EXPECT_EQ(seen->type, 6u);
        } else {
            EXPECT_EQ(seen->physical, address) << std::hex << address;
            EXPECT_EQ(seen->type, reference_type(plan.mtrr, address)) << std::hex << address;
        }
        if (!plan.large_1g) {
            EXPECT_LT(seen->page_size, gib);
        }
    }

    // Every entry of every table: where it leads, its rights, and its type all over what it maps.
    void expect_all_right() const { expect_table_right(4, 0, plan.pool.at(plan.root)); }

    EptPlan plan{};

private:
    void expect_table_right(unsigned level, uint64_t address, const uint64_t* table) const {
        const uint64_t span = uint64_t{1} << (12 + 9 * (level - 1));
        for (uint64_t i = 0; i < 512; ++i) {
            const uint64_t at = address + i * span;
            if ((at >> plan.physical_bits) != 0) {
                ASSERT_EQ(table[i], 0u) << std::hex << at;
            } else if (table[i] == 0) {
                ASSERT_TRUE((level == 4 && i > 0) || (level == 3 && !plan.large_1g)) << std::hex << at;
            } else if (level > 1 && (table[i] & 0x80) == 0) {
                ASSERT_EQ(table[i] & 0xFFF, 7u);
                expect_table_right(level - 1, at, plan.pool.at(table[i] & ~uint64_t{0xFFF}));
            } else {
                expect_leaf_right(at, span, table[i]);
            }
            if (::testing::Test::HasFailure()) {
                return;
            }
        }
    }

    void expect_leaf_right(uint64_t address, uint64_t span, uint64_t leaf) const {
        ASSERT_EQ(leaf & ~uint64_t{0x38}, (hidden(address) ? hidden_page : address) | 7 | (span > kib4 ? 0x80 : 0));
        const uint64_t type = leaf >> 3 & 7;
        if (hidden(address)) {
            ASSERT_EQ(type, 6u);
            ASSERT_EQ(span, kib4);
            return;
        }
        for (uint32_t i = 0; i < plan.hidden_count; ++i) {
            const auto& h = plan.hidden[i];
            ASSERT_TRUE(h.physical >= address + span || h.physical + h.bytes <= address) << std::hex << address;
        }
        // All of it, in steps in which nothing changes; where these are too many, some, and where ranges begin and end.
        const uint64_t grain = std::min(reference_granularity(plan.mtrr, address), span);
        const uint64_t blocks = span / grain;
        const uint64_t step = blocks <= 16 ? 1 : blocks / 8;
        for (uint64_t block = 0; block < blocks; block += step) {
            ASSERT_EQ(type, reference_type(plan.mtrr, address + block * grain)) << std::hex << address;
        }
        for (uint32_t i = 0; i < plan.mtrr.variable_count; ++i) {
            const uint64_t base = plan.mtrr.base[i].address();
            const uint64_t mask = plan.mtrr.mask[i].address();
            for (const uint64_t at : {base, base - kib4, base + (mask & -mask), base + (mask & -mask) - kib4}) {
                if (at - address < span) {
                    ASSERT_EQ(type, reference_type(plan.mtrr, at)) << std::hex << address << ", at " << at;
                }
            }
        }
        ASSERT_EQ(type, reference_type(plan.mtrr, address + span - kib4)) << std::hex << address;
    }

    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
};

inline void set_range(core::MtrrValues& m, unsigned i, uint64_t base, uint64_t bytes, uint8_t type) {
    m.base[i] = arch::MtrrPhysicalBase{base | type};
    m.mask[i] = arch::MtrrPhysicalMask{(((uint64_t{1} << 46) - 1) & ~(bytes - 1)) | 1u << 11};
}

// A PC: fixed ranges, 2 to 4 GiB uncacheable.
inline core::MtrrValues pc_mtrrs() {
    core::MtrrValues m{};
    m.supported = true;
    m.capability = arch::MtrrCapability{0x10A};
    m.default_type = arch::MtrrDefaultType{0xC06};
    m.variable_count = 10;
    for (uint64_t& fixed : m.fixed) {
        fixed = 0x0606'0606'0606'0606;
    }
    m.fixed[2] = 0;
    set_range(m, 0, 2 * gib, 2 * gib, 0);
    return m;
}

} // namespace nadir::test
