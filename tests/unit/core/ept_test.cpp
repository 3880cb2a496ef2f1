// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The tables that core/memory/ept.cpp builds, walked as the processor walks them.
#include "core/memory/ept.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "tests/fakes/ept_walk.h"
#include "tests/unit/core/mtrr_reference.h"

namespace nadir::test {
namespace {

using core::EptPlan;
using core::EptResult;

constexpr uint64_t kib4 = 4096;
constexpr uint64_t mib2 = 2 << 20;
constexpr uint64_t gib = 1 << 30;
constexpr uint64_t tib_half = 512 * gib;
constexpr uint64_t pool_physical = 0x7'7700'0000;
constexpr uint64_t hidden_page = 0x7'7000'1000;

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
        plan.pool = {memory_.get(), pool_physical, pages, 0};
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

    EptPlan plan{};

private:
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
};

void set_range(core::MtrrValues& m, unsigned i, uint64_t base, uint64_t bytes, uint8_t type) {
    m.base[i] = arch::MtrrPhysicalBase{base | type};
    m.mask[i] = arch::MtrrPhysicalMask{(((uint64_t{1} << 46) - 1) & ~(bytes - 1)) | 1u << 11};
}

// A PC: fixed ranges, 2 to 4 GiB uncacheable.
core::MtrrValues pc_mtrrs() {
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

TEST(Ept, MapsAllOfASmallAddressSpace) {
    Tables t{36};
    t.plan.mtrr = pc_mtrrs();
    t.hide(0x1'2345'6000, 0x7000);
    ASSERT_TRUE(t.build());
    for (uint64_t address = 0; address < 2 * mib2; address += kib4) {
        t.expect_right(address);
    }
    for (uint64_t address = 0x1'2345'0000; address < 0x1'2347'0000; address += kib4) {
        t.expect_right(address + 0x123);
    }
    for (uint64_t address = 0; address < 64 * gib; address += gib / 4) {
        t.expect_right(address);
        t.expect_right(address + gib / 4 - 1);
    }
    EXPECT_EQ(t.walk(5 * gib)->page_size, gib);
    EXPECT_EQ(t.walk(2 * gib)->page_size, gib);
    EXPECT_EQ(t.walk(mib2)->page_size, mib2);
    EXPECT_EQ(t.walk(0xA'0000)->page_size, kib4);
    EXPECT_EQ(t.walk(0x1'2345'6000)->page_size, kib4);
    EXPECT_EQ(t.walk(0x1'2300'0000)->page_size, mib2);
}

TEST(Ept, NothingIsMappedBeyondTheWidth) {
    Tables t{36};
    ASSERT_TRUE(t.build());
    EXPECT_EQ(t.walk(64 * gib), std::nullopt);
    EXPECT_EQ(core::ept_map(t.plan, 64 * gib), EptResult::beyond_width);
    EXPECT_EQ(core::ept_map(t.plan, ~uint64_t{0}), EptResult::beyond_width);
    EXPECT_EQ(core::ept_map(t.plan, 64 * gib - 1), EptResult::already_mapped);
}

TEST(Ept, SixtyFourGibibytesNeedAtMost32KiB) {
    Tables t{36};
    t.plan.mtrr = pc_mtrrs();
    t.hide(0x2'0000'0000, 0x20'0000); // the arena, all in one 2 MiB page
    ASSERT_TRUE(t.build());
    EXPECT_LE(t.plan.pool.used * kib4, 32 * 1024u);
}

TEST(Ept, LeavesAreAsLargeAsTheyCanBe) {
    Tables t{39};
    ASSERT_TRUE(t.build());
    EXPECT_EQ(t.plan.pool.used, 2u); // PML4 and one table of 1 GiB leaves
    Tables without{36, false};
    ASSERT_TRUE(without.build());
    EXPECT_EQ(without.plan.pool.used, 2u);
    without.expect_right(3 * gib + 5);
    EXPECT_EQ(without.walk(3 * gib)->page_size, mib2);
    EXPECT_EQ(without.plan.pool.used, 3u);
}

TEST(Ept, HigherPartsAreMappedWhenTheyAreTouched) {
    Tables t{46};
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(t.build());
    const uint64_t far = 3 * tib_half + 7 * gib;
    EXPECT_EQ(t.walk(far), std::nullopt);
    EXPECT_EQ(core::ept_map(t.plan, far), EptResult::mapped);
    EXPECT_EQ(core::ept_map(t.plan, far), EptResult::already_mapped);
    t.expect_right(far);
    t.expect_right(3 * tib_half);
    t.expect_right(4 * tib_half - 1);
    EXPECT_EQ(t.walk(4 * tib_half), std::nullopt);
    EXPECT_EQ(t.walk(2 * tib_half), std::nullopt);
}

TEST(Ept, AHiddenRangeOverSeveralPagesAndBorders) {
    Tables t{40};
    t.hide(4 * gib - 0x3000, 0x5000);        // over a 1 GiB border
    t.hide(6 * gib + mib2 - kib4, 2 * kib4); // over a 2 MiB border
    t.hide(8 * gib, gib);                    // all of a 1 GiB page
    t.hide(tib_half - kib4, 2 * kib4);       // over the border of what is built at the start
    ASSERT_TRUE(t.build());
    for (uint32_t i = 0; i < t.plan.hidden_count; ++i) {
        const auto& h = t.plan.hidden[i];
        for (const uint64_t address :
             {h.physical - 1, h.physical, h.physical + h.bytes - 1, h.physical + h.bytes, h.physical - kib4,
              h.physical + h.bytes / 2, h.physical - gib, h.physical + 2 * gib}) {
            t.expect_right(address);
        }
    }
}

TEST(Ept, MemoryHiddenAboveTheFirst512GiB) {
    Tables t{46};
    t.plan.mtrr = pc_mtrrs();
    t.hide(2 * tib_half + 5 * gib + 0x1000, 0x7000);
    t.hide(9 * tib_half + 1 * gib + mib2 - 0x1000, 0x2000);
    ASSERT_TRUE(t.build());
    for (uint64_t region = 1; region < 10; ++region) {
        t.expect_right(region * tib_half);
    }
    t.expect_right(2 * tib_half + 5 * gib);
    t.expect_right(2 * tib_half + 5 * gib + 0x1000);
    t.expect_right(2 * tib_half + 5 * gib + 0x7FFF);
    t.expect_right(9 * tib_half + 1 * gib + mib2);
}

TEST(Ept, APoolThatIsEmptyIsReported) {
    for (uint32_t pages = 0; pages < 5; ++pages) {
        Tables t{39};
        t.plan.mtrr = pc_mtrrs();
        t.give_pool(pages);
        EXPECT_EQ(core::ept_build(t.plan), pages >= 4) << pages; // PML4, 1 GiB level, 2 MiB level, first 2 MiB
    }
    Tables t{46};
    ASSERT_TRUE(t.build());
    t.plan.pool.pages = t.plan.pool.used;
    EXPECT_EQ(core::ept_map(t.plan, 5 * tib_half), EptResult::no_memory);
    EXPECT_EQ(t.walk(5 * tib_half), std::nullopt);
    EXPECT_EQ(t.plan.pool.used, t.plan.pool.pages) << "a refused page must not be counted";
    t.plan.pool.pages += 1;
    EXPECT_EQ(core::ept_map(t.plan, 5 * tib_half), EptResult::mapped);
}

// Whatever the MTRRs and wherever our memory lies: the pool suffices for the start and for the first touches.
TEST(Ept, ThePoolSufficesForRandomPlans) {
    for (unsigned round = 0; round < 150; ++round) {
        const unsigned bits = std::vector<unsigned>{36, 39, 40, 46, 48}[round % 5];
        RandomMtrrs random{round};
        Tables t{bits, round % 3 != 0};
        t.plan.mtrr = random.make(bits < 46 ? bits : 46);
        const uint64_t width = (uint64_t{1} << bits) - 1;
        const auto hidden = 1 + random.number(6);
        for (unsigned i = 0; i < hidden; ++i) {
            const uint64_t where = random.number(3) == 0 ? 64 * gib : width;
            t.hide(((random.number(~uint64_t{0}) & where & width) & ~uint64_t{0xFFF}) & ~(uint64_t{1} << (bits - 1)),
                   kib4 * (1 + random.number(1024)));
        }
        ASSERT_TRUE(t.build()) << "round " << round;
        for (uint32_t i = 0; i < t.plan.hidden_count; ++i) {
            t.expect_right(t.plan.hidden[i].physical);
            t.expect_right(t.plan.hidden[i].physical + t.plan.hidden[i].bytes - 1);
            t.expect_right(t.plan.hidden[i].physical + t.plan.hidden[i].bytes);
        }
        for (unsigned i = 0; i < 40; ++i) {
            t.expect_right(random.number(64 * gib) & width);
        }
        for (unsigned i = 0; i < 10 && !HasFailure(); ++i) {
            t.expect_right(random.address(t.plan.mtrr, bits) & (tib_half - 1) & width);
        }
        ASSERT_FALSE(HasFailure()) << "round " << round;
    }
}

TEST(Ept, FollowsChangedMtrrs) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    t.hide(0x1'2345'6000, 0x7000);
    ASSERT_TRUE(t.build());
    ASSERT_EQ(t.walk(5 * gib)->type, 6u);
    set_range(t.plan.mtrr, 1, 5 * gib, gib, 1);
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    t.expect_right(5 * gib);
    EXPECT_EQ(t.walk(5 * gib)->page_size, gib);
    set_range(t.plan.mtrr, 1, 5 * gib + 4 * mib2, mib2, 1); // now the 1 GiB leaf has to be split
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    for (uint64_t address = 0; address < 8 * gib; address += mib2 / 2) {
        t.expect_right(address);
    }
    t.plan.mtrr.fixed[3] = 0;
    t.plan.mtrr.default_type = arch::MtrrDefaultType{0xC00};
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    for (uint64_t address = 0; address < 2 * mib2; address += kib4) {
        t.expect_right(address);
    }
    for (uint64_t address = 0x1'2345'0000; address < 0x1'2347'0000; address += kib4) {
        t.expect_right(address);
    }
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    t.expect_right(5 * gib + 4 * mib2);
    t.expect_right(0x1'2345'6000);
}

TEST(Ept, FollowsChangedMtrrsInPartsMappedLater) {
    Tables t{46};
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(t.build());
    t.expect_right(2 * tib_half);
    set_range(t.plan.mtrr, 1, 2 * tib_half, gib, 4);
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    t.expect_right(2 * tib_half);
    EXPECT_EQ(t.walk(3 * tib_half), std::nullopt) << "what nobody has touched stays unmapped";
    t.expect_right(3 * tib_half);
}

TEST(Ept, WhatCannotBeSplitBecomesUncacheable) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(t.build());
    t.plan.pool.pages = t.plan.pool.used;
    set_range(t.plan.mtrr, 1, 5 * gib, mib2, 1);
    set_range(t.plan.mtrr, 2, 7 * gib, gib, 4);
    EXPECT_FALSE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.walk(5 * gib)->type, 0u);
    EXPECT_EQ(t.walk(5 * gib + gib / 2)->type, 0u);
    t.expect_right(6 * gib);
    t.expect_right(7 * gib);
}

TEST(Ept, TwoProcessorsMapAtTheSameTime) {
    for (unsigned round = 0; round < 20; ++round) {
        Tables t{48};
        t.plan.mtrr = pc_mtrrs();
        t.hide(2 * tib_half + 0x5000, 0x3000);
        t.give_pool(core::ept_pages_needed(t.plan) + 64);
        ASSERT_TRUE(core::ept_build(t.plan));
        bool failed[2] = {};
        const auto touch = [&](unsigned self) {
            for (uint64_t region = 1; region < 12; ++region) {
                const EptResult r = core::ept_map(t.plan, region * tib_half + (self + 1) * gib);
                failed[self] |= r != EptResult::mapped && r != EptResult::already_mapped;
            }
        };
        std::thread other{touch, 1};
        touch(0);
        other.join();
        EXPECT_FALSE(failed[0] || failed[1]);
        for (uint64_t region = 1; region < 12; ++region) {
            t.expect_right(region * tib_half + 17 * gib);
        }
        t.expect_right(2 * tib_half + 0x5000);
    }
}

} // namespace
} // namespace nadir::test
