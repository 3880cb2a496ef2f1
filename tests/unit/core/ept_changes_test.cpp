// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The EPT tables after the MTRRs have changed: types, splits and joins, and what becomes of the pages of joined tables.
#include "tests/unit/core/ept_fixture.h"

namespace nadir::test {
namespace {

TEST(EptChanges, FollowsChangedMtrrs) {
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

TEST(EptChanges, FollowsChangedMtrrsInPartsMappedLater) {
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

TEST(EptChanges, WhatCannotBeSplitBecomesUncacheable) {
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

TEST(EptChanges, WhatIsUniformAgainIsJoined) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    t.hide(0x1'2345'6000, 0x7000);
    ASSERT_TRUE(t.build());
    const uint32_t before = t.plan.pool.in_use();
    set_range(t.plan.mtrr, 1, 5 * gib + 4 * mib2, kib4, 1);
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before + 2);
    EXPECT_EQ(t.walk(5 * gib + 4 * mib2)->page_size, kib4);
    set_range(t.plan.mtrr, 1, 5 * gib + 4 * mib2, mib2, 1);
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before + 1);
    EXPECT_EQ(t.walk(5 * gib + 4 * mib2)->page_size, mib2);
    t.expect_all_right();
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before);
    EXPECT_EQ(t.walk(5 * gib + 4 * mib2)->page_size, gib);
    EXPECT_EQ(t.walk(0x1'2345'6000)->page_size, kib4) << "what hides our memory is never joined";
    t.expect_all_right();
}

TEST(EptChanges, APageIsUsedAgainOnlyWhenAllHaveInvalidated) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(t.build());
    core::TablePool& pool = t.plan.pool;
    const auto there_and_back = [&](uint64_t where) {
        set_range(t.plan.mtrr, 1, where, mib2, 1);
        EXPECT_TRUE(core::ept_refresh_types(t.plan));
        t.expect_all_right();
        t.plan.mtrr = pc_mtrrs();
        EXPECT_TRUE(core::ept_refresh_types(t.plan));
        t.expect_all_right();
    };
    const uint32_t at_start = pool.used;
    there_and_back(5 * gib);
    EXPECT_EQ(pool.epoch, 1u);
    there_and_back(6 * gib);
    EXPECT_EQ(pool.used, at_start + 2) << "the first page may still be in some processor's caches";
    pool.invalidated = 1;
    there_and_back(7 * gib); // the first page; the second is not free yet
    EXPECT_EQ(pool.used, at_start + 2);
    there_and_back(8 * gib);
    EXPECT_EQ(pool.used, at_start + 3);
    pool.invalidated = pool.epoch;
    for (uint64_t i = 0; i < 3; ++i) {
        there_and_back((5 + i) * gib);
    }
    EXPECT_EQ(pool.used, at_start + 3);
}

TEST(EptChanges, NothingIsJoinedWhileTheMtrrsAreOff) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    set_range(t.plan.mtrr, 1, 5 * gib, mib2, 1);
    ASSERT_TRUE(t.build());
    const uint32_t before = t.plan.pool.in_use();
    t.plan.mtrr.default_type.set_enable(false);
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before);
    t.expect_all_right();
}

TEST(EptChanges, ManyChangesDoNotUseUpThePool) {
    Tables t{40};
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(t.build());
    RandomMtrrs random{5};
    for (unsigned round = 0; round < 300; ++round) {
        set_range(t.plan.mtrr, 1, (1 + random.number(500)) * gib + random.number(1u << 18) * kib4, kib4, 1);
        set_range(t.plan.mtrr, 2, (1 + random.number(500)) * gib + random.number(512) * mib2, mib2, 4);
        ASSERT_TRUE(core::ept_refresh_types(t.plan)) << round;
        t.plan.pool.invalidated = t.plan.pool.epoch; // as when each processor has followed
    }
    t.expect_all_right();
}

// More tables become needless at once than can be remembered.
TEST(EptChanges, WhatCannotBeRememberedStaysInUse) {
    Tables t{39};
    t.plan.mtrr = pc_mtrrs();
    t.give_pool(core::ept_pages_needed(t.plan) + 64);
    ASSERT_TRUE(core::ept_build(t.plan));
    const uint32_t before = t.plan.pool.in_use();
    set_range(t.plan.mtrr, 1, 5 * gib, kib4, 1);
    t.plan.mtrr.mask[1].value &= ~(uint64_t{31} << 21); // a page in each of 32 times 2 MiB
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before + 33);
    t.plan.mtrr = pc_mtrrs();
    ASSERT_TRUE(core::ept_refresh_types(t.plan));
    EXPECT_EQ(t.plan.pool.in_use(), before + 33 - core::TablePool::most_returned);
    t.expect_all_right();
}

// A guest that changes them on one processor only, so that the others never invalidate: nothing worse than slow memory.
TEST(EptChanges, WhenTheOthersNeverInvalidateMemoryBecomesUncacheable) {
    Tables t{40};
    t.plan.mtrr = pc_mtrrs();
    t.hide(0x1'2345'6000, 0x7000);
    ASSERT_TRUE(t.build());
    bool complete = true;
    for (unsigned round = 0; round < 40; ++round) {
        set_range(t.plan.mtrr, 1, (5 + round) * gib, mib2, 1);
        complete = core::ept_refresh_types(t.plan);
    }
    EXPECT_FALSE(complete);
    EXPECT_EQ(t.walk(44 * gib)->type, 0u);
    EXPECT_EQ(t.walk(44 * gib + gib / 2)->type, 0u);
    t.expect_right(43 * gib);
    t.expect_right(0x1'2345'6000);
    EXPECT_EQ(core::ept_map(t.plan, tib_half), EptResult::mapped) << "a page for it was kept";
    t.plan.pool.invalidated = t.plan.pool.epoch;
    EXPECT_TRUE(core::ept_refresh_types(t.plan));
    t.expect_all_right();
}

// Of any MTRRs, and from any to any others: every entry of every table. Physical addresses of all widths; four levels of EPT
// reach 48 bits.
TEST(EptChanges, RandomMtrrsLeafByLeaf) {
    for (unsigned round = 0; round < 85; ++round) {
        const unsigned bits = 36 + round % 17;
        RandomMtrrs random{round + 1000};
        Tables t{std::min(bits, 48u), round % 3 != 0};
        t.plan.mtrr = random.make(bits);
        t.hide((random.number(1u << 20) + 0x1000) * kib4, kib4 * (1 + random.number(600)));
        const uint32_t needed = core::ept_pages_needed(t.plan);
        t.give_pool(needed + 600); // enough for all that follows: what happens without is another test
        ASSERT_TRUE(core::ept_build(t.plan)) << round;
        ASSERT_LE(t.plan.pool.used, needed);
        for (unsigned change = 0; change < 4; ++change) {
            for (unsigned touch = 0; touch < 3; ++touch) {
                t.expect_right(random.address(t.plan.mtrr, std::min(bits, 48u)));
            }
            t.expect_all_right();
            ASSERT_FALSE(HasFailure()) << "round " << round << ", change " << change;
            if (change % 2 == 0) {
                t.plan.mtrr = random.make(bits);
            } else {
                const uint64_t i = random.number(10); // one register, the others stay
                t.plan.mtrr.base[i] = random.make(bits).base[i];
            }
            ASSERT_TRUE(core::ept_refresh_types(t.plan));
            t.plan.pool.invalidated = t.plan.pool.epoch;
        }
    }
}

} // namespace
} // namespace nadir::test
