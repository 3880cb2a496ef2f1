// SPDX-License-Identifier: MIT OR GPL-2.0-only
// EPT tables are filled by runs of entries that are alike (choose_ept_run): each entry must be what it would be by itself.
#include "core/memory/ept_tables.h"

#include "tests/unit/core/ept_fixture.h"

namespace nadir::test {
namespace {

using Kind = core::EptChoice::Kind;

// Returns how many tables lie below.
uint32_t expect_what_is_chosen(const EptPlan& plan, unsigned level, uint64_t address, const uint64_t* table) {
    uint32_t below = 0;
    for (unsigned i = 0; i < core::ept_entries && !::testing::Test::HasFailure(); ++i) {
        const uint64_t at = address + i * core::ept_span(level);
        const core::EptChoice choice = core::choose_ept_entry(plan, level, at);
        if (choice.kind == Kind::table || choice.kind == Kind::split) {
            const arch::EptEntry entry{table[i]};
            EXPECT_TRUE(entry.present() && !entry.is_leaf(level)) << "level " << level << std::hex << ", " << at;
            if (!::testing::Test::HasFailure()) {
                below += 1 + expect_what_is_chosen(plan, level - 1, at, plan.pool.at(entry.address()));
            }
        } else {
            EXPECT_EQ(table[i], choice.kind == Kind::leaf ? choice.entry.value : 0) << std::hex << at;
        }
    }
    return below;
}

TEST(EptRuns, EveryEntryOfRandomPlans) {
    for (unsigned round = 0; round < 150; ++round) {
        const unsigned bits = 36 + round % 13;
        RandomMtrrs random{round};
        Tables t{bits, round % 3 != 0};
        t.plan.mtrr = random.make(bits);
        if (round % 2 != 0) {
            t.plan.low_memory = {kib4 * (1 + random.number(700)), 0x3'0000'0000};
        }
        for (uint64_t i = random.number(6); i > 0; --i) {
            const uint64_t below = random.number(2) != 0 ? gib : (uint64_t{1} << bits) - mib2;
            t.hide(random.number(below) & ~uint64_t{0xFFF}, kib4 * (1 + random.number(600)));
        }
        ASSERT_TRUE(t.build()) << "round " << round;
        const uint32_t below = expect_what_is_chosen(t.plan, core::ept_top_level, 0, t.plan.pool.at(t.plan.root));
        ASSERT_FALSE(HasFailure()) << "round " << round;
        EXPECT_EQ(t.plan.pool.used, 1 + below);
    }
}

TEST(EptRuns, AFewChoicesFillATable) {
    Tables t{40};
    t.plan.mtrr = pc_mtrrs();
    t.hide(64 * gib + mib2, mib2);
    const auto runs = [&](unsigned level, uint64_t address) {
        unsigned count = 0;
        for (unsigned i = 0; i < core::ept_entries; ++count) {
            i +=
                core::choose_ept_run(t.plan, level, address + i * core::ept_span(level), core::ept_entries - i).entries;
        }
        return count;
    };
    EXPECT_EQ(runs(1, 0), 4u) << "640 KiB, the graphics card, the rest of the first MiB, the MiB behind";
    EXPECT_EQ(runs(2, 0), 2u);
    EXPECT_EQ(runs(3, 0), 6u) << "0 to 1, to 2, to 4, to 64 GiB, where we are, and the rest";
    EXPECT_EQ(runs(1, 64 * gib + mib2), 1u) << "all of it is ours";
}

TEST(EptRuns, EveryPartThatATypeDividesHasItsTables) {
    Tables t{46};
    t.plan.mtrr = pc_mtrrs();
    const uint32_t undivided = core::ept_pages_needed(t.plan);
    set_range(t.plan.mtrr, 1, 2 * tib_half + 2 * mib2, mib2, 1);
    set_range(t.plan.mtrr, 2, 40 * tib_half + 2 * mib2, mib2, 1);
    EXPECT_EQ(core::ept_pages_needed(t.plan), undivided + 2);
}

} // namespace
} // namespace nadir::test
