// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The tables that core/memory/ept.cpp builds, walked as the processor walks them.
#include "tests/unit/core/ept_fixture.h"

#include <vector>

namespace nadir::test {
namespace {

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

} // namespace
} // namespace nadir::test
