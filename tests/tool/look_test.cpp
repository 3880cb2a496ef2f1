// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Rates, and what `nadir top` makes of them, without a terminal.
#include "tests/tool/fake_system.h"
#include "tool/exit_status.h"
#include "tool/hook/place_names.h"
#include "tool/look/bars.h"
#include "tool/look/rates.h"
#include "tool/look/top_frame.h"
#include "tool/look/top_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr unsigned cpuid = 10;
constexpr unsigned rdmsr = 31;

// After `seconds`, with so many CPUIDs and half as many RDMSRs of processor 0, and twice that of the others.
Sample sample_at(unsigned seconds, nadir_u64 cpuids, nadir_u32 processors = 2) {
    Sample sample;
    sample.when.ticks = std::uint64_t{seconds} * 1'000'000;
    sample.when.steady = std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
    sample.state.active = 1;
    sample.state.processors = processors;
    sample.state.processors_on = processors;
    for (nadir_u32 number = 0; number < processors; ++number) {
        nadir_statistics& one = sample.processors.emplace_back();
        one.processor = number;
        one.state = NADIR_PROCESSOR_ON;
        one.exits[cpuid] = cpuids * (number == 0 ? 1 : 2);
        one.exits[rdmsr] = one.exits[cpuid] / 2;
        one.exits_total = one.exits[cpuid] + one.exits[rdmsr];
    }
    return sample;
}

std::vector<std::string> text_of(const Frame& frame) {
    std::vector<std::string> lines;
    for (const Line& line : frame.lines) {
        std::string& text = lines.emplace_back();
        for (const Span& span : line) {
            text += span.text;
        }
    }
    return lines;
}

std::string joined(const Frame& frame) {
    std::string all;
    for (const std::string& line : text_of(frame)) {
        all += line + "\n";
    }
    return all;
}

TopModel model_of(nadir_u32 processors = 2) {
    TopModel model;
    model.add(sample_at(0, 0, processors), 1000);
    model.add(sample_at(2, 200, processors), 1000);
    return model;
}

TEST(Rates, PerSecondByProcessorAndReason) {
    const auto rates = rates_between(sample_at(0, 100), sample_at(2, 300));
    ASSERT_TRUE(rates);
    EXPECT_DOUBLE_EQ(rates->exits, 450);
    ASSERT_EQ(rates->processors.size(), 2U);
    EXPECT_DOUBLE_EQ(rates->processors[0].exits, 150);
    EXPECT_DOUBLE_EQ(rates->processors[1].exits, 300);
    ASSERT_EQ(rates->reasons.size(), 2U);
    EXPECT_EQ(rates->reasons[0].reason, cpuid);
    EXPECT_DOUBLE_EQ(rates->reasons[0].all, 300);
    EXPECT_THAT(rates->reasons[1].each, ElementsAre(50, 100));
    EXPECT_DOUBLE_EQ(rates->ticks_per_second, 1'000'000);
}

TEST(Rates, OfOneProcessor) {
    const auto rates = rates_between(sample_at(0, 0), sample_at(1, 100), 1);
    EXPECT_DOUBLE_EQ(rates->exits, 300);
    EXPECT_EQ(rates->processors.size(), 1U);
    EXPECT_THAT(rates->reasons[0].each, ElementsAre(200));
}

TEST(Rates, NoTimeHasPassed) {
    EXPECT_FALSE(rates_between(sample_at(1, 0), sample_at(1, 100)));
    EXPECT_FALSE(rates_between(sample_at(2, 0), sample_at(1, 100)));
}

TEST(Rates, CountersThatBeganAnewAreNoHugeNumbers) {
    const auto rates = rates_between(sample_at(0, 1'000'000), sample_at(1, 10));
    EXPECT_DOUBLE_EQ(rates->exits, 45);
}

TEST(Rates, ProcessorThatCame) {
    const auto rates = rates_between(sample_at(0, 100, 1), sample_at(1, 100, 2));
    EXPECT_DOUBLE_EQ(rates->processors[0].exits, 0);
    EXPECT_DOUBLE_EQ(rates->processors[1].exits, 300);
}

TEST(Rates, LossesAndRules) {
    Sample before = sample_at(0, 0);
    Sample after = sample_at(2, 0);
    before.processors[1].log_lost = 5;
    after.processors[1].log_lost = 8;
    before.rules = {{7, 0, 100, {NADIR_RULE_READ_MSR, 0x10, 0, 0, 0, 0, 0, 1}}};
    after.rules = {{7, 0, 140, {NADIR_RULE_READ_MSR, 0x10, 0, 0, 0, 0, 0, 1}}};
    const auto rates = rates_between(before, after);
    EXPECT_EQ(rates->log_lost, 3U);
    ASSERT_EQ(rates->rules.size(), 1U);
    EXPECT_DOUBLE_EQ(rates->rules[0].answers, 20);
    EXPECT_THAT(rates->rules[0].rule, HasSubstr("read=0x1"));
    TopModel model;
    model.add(before, 0);
    model.add(after, 0);
    const std::string text = joined(draw_top(model, {80, 24}, false));
    EXPECT_THAT(text, AllOf(HasSubstr("lost: 3 records of the log"), HasSubstr("answers/s"), HasSubstr("read=0x1")));
}

constexpr nadir_u64 vfs_read = 0xFFFF'FFFF'8120'0000;
constexpr nadir_u64 vfs_write = 0xFFFF'FFFF'8120'0300;

nadir_listed_hook hook_at(nadir_u64 address, nadir_u64 hits, nadir_u32 flags = 0) {
    nadir_listed_hook hook{};
    hook.wish.address = address;
    hook.hits = hits;
    hook.flags = flags;
    return hook;
}

TEST(Rates, Hooks) {
    Sample before = sample_at(0, 0);
    Sample after = sample_at(2, 0);
    before.hooks = {hook_at(vfs_read, 100), hook_at(vfs_read, 5), hook_at(vfs_write, 9, NADIR_HOOK_STAYS)};
    // The second one's program has another one now, and somebody has set one more.
    after.hooks = {hook_at(vfs_read, 140), hook_at(vfs_read, 5), hook_at(vfs_write, 3, NADIR_HOOK_STAYS),
                   hook_at(vfs_read, 8, NADIR_HOOK_STAYS), hook_at(vfs_write, 0, NADIR_HOOK_GONE)};
    after.hooks[3].wish.kind = NADIR_HOOK_REDIRECT;
    after.hooks[3].wish.target = vfs_write;
    after.places = {{vfs_read, "vfs_read"}};
    const auto rates = rates_between(before, after);
    ASSERT_EQ(rates->hooks.size(), 5U);
    const double expected[] = {20, 0, 1.5, 4, 0};
    for (std::size_t i = 0; i < rates->hooks.size(); ++i) {
        EXPECT_DOUBLE_EQ(rates->hooks[i].hits, expected[i]) << i;
    }
    EXPECT_EQ(words_of_hook(rates->hooks[0]), "vfs_read");
    EXPECT_EQ(words_of_hook(rates->hooks[3]), "vfs_read -> 0xffffffff81200300");
    EXPECT_EQ(words_of_hook(rates->hooks[4]), "0xffffffff81200300 (gone)");
}

TEST(PlaceNames, AreLookedForWhenThereIsSomethingNew) {
    test::FakeSystem system;
    PlaceNames names(system, "");
    const std::vector<nadir_listed_hook> none;
    const std::vector<nadir_listed_hook> one = {hook_at(vfs_read + 4, 0)};
    EXPECT_TRUE(names.of(none).empty());
    EXPECT_THAT(names.of(one), ElementsAre(::testing::Pair(vfs_read + 4, "")));
    system.symbols = {"ffffffff81200000 T vfs_read\n", "a test"};
    EXPECT_THAT(names.of(one), ElementsAre(::testing::Pair(vfs_read + 4, ""))) << "they aren't read again and again";
    EXPECT_TRUE(names.of(none).empty()) << "and forgotten with the hook";
    EXPECT_THAT(names.of(one), ElementsAre(::testing::Pair(vfs_read + 4, "vfs_read+0x4")));
    EXPECT_THROW(PlaceNames(system, "/nonexistent"), Failure);
}

TEST(Rates, ShareOfTime) {
    const auto rates = rates_between(sample_at(0, 0), sample_at(1, 100)); // 450 exits, 2 processors of 1,000,000 ticks
    EXPECT_DOUBLE_EQ(least_share(*rates, 1000), 0.225);
    EXPECT_DOUBLE_EQ(least_share(*rates, 0), 0);
    EXPECT_DOUBLE_EQ(least_share(*rates, 1'000'000), 1);
    EXPECT_DOUBLE_EQ(least_share(Rates{}, 1000), 0);
}

TEST(Rates, Words) {
    EXPECT_EQ(rate_words(0), "0");
    EXPECT_EQ(rate_words(0.44), "0.4");
    EXPECT_EQ(rate_words(9.96), "10");
    EXPECT_EQ(rate_words(1234567.2), "1,234,567");
}

TEST(TopModel, Keys) {
    TopModel model = model_of();
    EXPECT_EQ(model.rates()->reasons.front().reason, cpuid);
    EXPECT_TRUE(model.press('s'));
    EXPECT_EQ(model.sort(), TopSort::name);
    EXPECT_TRUE(model.press('s'));
    EXPECT_EQ(model.sort(), TopSort::number);
    EXPECT_TRUE(model.press('c'));
    EXPECT_EQ(model.processor(), 0U);
    EXPECT_TRUE(model.press('c') && model.press('c'));
    EXPECT_FALSE(model.processor()) << "all again behind the last";
    EXPECT_TRUE(model.press('1'));
    EXPECT_EQ(model.processor(), 1U);
    EXPECT_DOUBLE_EQ(model.rates()->exits, 300);
    EXPECT_TRUE(model.press('7'));
    EXPECT_EQ(model.processor(), 1U) << "there is no processor 7";
    EXPECT_TRUE(model.press('a'));
    EXPECT_FALSE(model.processor());
    EXPECT_FALSE(model.press('q'));
    EXPECT_FALSE(model.press(27));
}

TEST(TopModel, PauseKeepsWhatIsShown) {
    TopModel model = model_of();
    EXPECT_TRUE(model.press('p'));
    model.add(sample_at(4, 10000), 1000);
    EXPECT_DOUBLE_EQ(model.rates()->exits, 450);
    EXPECT_THAT(joined(draw_top(model, {80, 24}, true)), HasSubstr("paused"));
    EXPECT_TRUE(model.press('p'));
    model.add(sample_at(6, 600), 1000);
    EXPECT_DOUBLE_EQ(model.rates()->exits, 450) << "over the whole pause, no peak";
}

TEST(TopModel, SortsByNameAndRate) {
    TopModel model;
    Sample more_msrs = sample_at(1, 10);
    more_msrs.processors[0].exits[rdmsr] = 1000;
    model.add(sample_at(0, 0), 0);
    model.add(more_msrs, 0);
    EXPECT_EQ(model.rates()->reasons.front().reason, rdmsr);
    (void)model.press('s');
    EXPECT_EQ(model.rates()->reasons.front().reason, cpuid);
}

TEST(TopModel, ProcessorThatWent) {
    TopModel model = model_of();
    (void)model.press('1');
    model.add(sample_at(3, 300, 1), 1000);
    EXPECT_FALSE(model.processor());
}

TopModel model_with(std::size_t hooks, std::size_t rules) {
    Sample before = sample_at(0, 0);
    Sample after = sample_at(2, 200);
    for (std::size_t i = 0; i < hooks; ++i) {
        before.hooks.push_back(hook_at(vfs_read + i, 0, NADIR_HOOK_STAYS));
        after.hooks.push_back(hook_at(vfs_read + i, i * 10, NADIR_HOOK_STAYS));
    }
    for (nadir_u32 i = 1; i <= rules; ++i) {
        before.rules.push_back({i, 0, 0, {NADIR_RULE_READ_MSR, i, 0, 0, 0, 0, 0, 1}});
    }
    after.rules = before.rules;
    TopModel model;
    model.add(before, 0);
    model.add(after, 0);
    return model;
}

TEST(TopFrame, SaysItAll) {
    const std::string text = joined(draw_top(model_of(), {100, 30}, true));
    for (const char* words :
         {"on: 2 of 2 processors", "450 exits/s", "cost: at least 22.50 % of the time", "1,000 ticks of a CPUID",
          "  0 on", " 10 CPUID", " 31 RDMSR", "66.7 %", "cpu 1", "reason, by rate", "█", "q end"}) {
        EXPECT_THAT(text, HasSubstr(words));
    }
    EXPECT_THAT(text, Not(HasSubstr("lost")));
}

TEST(TopFrame, FitsEverySizeWithAndWithoutUtf8) {
    for (const nadir_u32 processors : {1U, 2U, 64U}) {
        for (const bool help : {false, true}) {
            TopModel model = processors == 1 ? model_with(30, 30) : model_of(processors);
            if (help) {
                (void)model.press('?');
            }
            for (unsigned columns = 1; columns < 140; columns += columns < 60 ? 1 : 13) {
                for (const unsigned rows : {1U, 2U, 5U, 12U, 24U, 60U}) {
                    for (const bool utf8 : {false, true}) {
                        const Frame frame = draw_top(model, {columns, rows}, utf8);
                        ASSERT_LE(frame.lines.size(), rows);
                        for (const Line& line : frame.lines) {
                            ASSERT_LE(width_of(line), columns) << columns << "x" << rows;
                        }
                    }
                }
            }
        }
    }
}

TEST(TopFrame, WithoutUtf8) {
    for (const std::string& line : text_of(draw_top(model_of(64), {40, 24}, false))) {
        EXPECT_THAT(line, Each(::testing::AllOf(::testing::Ge(' '), ::testing::Le('~'))));
    }
}

TEST(TopFrame, FortyColumnsStillSayWhatIsMostImportant) {
    const std::string text = joined(draw_top(model_of(), {40, 20}, false));
    for (const char* words : {"nadir top  on", "450 exits/s", "  1 on", " 10 CPUID", "66.7 %", "q s p c"}) {
        EXPECT_THAT(text, HasSubstr(words));
    }
}

TEST(TopFrame, ManyProcessorsAreNotAllShown) {
    EXPECT_THAT(joined(draw_top(model_of(64), {80, 24}, true)), HasSubstr("and 59 that have less to do"));
}

TEST(TopFrame, HooksAndRulesShareWhatThereIs) {
    EXPECT_THAT(joined(draw_top(model_with(2, 1), {80, 24}, false)),
                AllOf(HasSubstr("hooks    "), HasSubstr("rules    "),
                      HasSubstr("stays       0xffffffff81200001                                    5.0         10\n")));
    EXPECT_THAT(joined(draw_top(model_with(100, 1), {80, 24}, false)),
                AllOf(HasSubstr("hooks, 3 of 100"), HasSubstr("81200063"), HasSubstr("rules    "), HasSubstr("RDMSR")))
        << "the busiest, and all that the rules leave";
    EXPECT_THAT(joined(draw_top(model_with(1, 20), {80, 24}, false)),
                AllOf(HasSubstr("hooks    "), HasSubstr("rules, 3 of 20")));
    EXPECT_THAT(joined(draw_top(model_with(100, 100), {80, 24}, false)),
                AllOf(HasSubstr("hooks, 2 of 100"), HasSubstr("rules, 2 of 100"), HasSubstr("RDMSR")));
    EXPECT_THAT(joined(draw_top(model_with(9, 9), {40, 16}, false)),
                AllOf(HasSubstr("hooks, 1 of 9"), HasSubstr("rules, 2 of 9"), HasSubstr("10 CPUID")));
    EXPECT_THAT(joined(draw_top(model_with(9, 9), {40, 12}, false)), Not(HasSubstr("hooks")));
}

TEST(TopFrame, OffAndTheFirstLook) {
    TopModel model;
    Sample off = sample_at(0, 0);
    off.state.active = 0;
    model.add(off, 0);
    EXPECT_THAT(joined(draw_top(model, {80, 24}, true)), AllOf(HasSubstr("nadir top  off"), HasSubstr("second look")));
}

TEST(Bars, Widths) {
    EXPECT_EQ(bar(0, 10, false), "");
    EXPECT_EQ(bar(0.001, 10, false), "#") << "more than nothing is seen";
    EXPECT_EQ(bar(1, 3, true), "███");
    EXPECT_EQ(bar(2, 3, false), "###");
    EXPECT_EQ(bar(0.5, 1, true), "▌");
    EXPECT_EQ(bar(0.5, 0, false), "");
    const std::vector<double> values = {0, 1, 2, 4};
    EXPECT_EQ(spark_line(values, 3, false), ".-#");
    EXPECT_EQ(spark_line(values, 9, true), " ▂▄█");
    EXPECT_EQ(spark_line({}, 9, true), "");
}

TEST(Clipped, SaysThatSomethingIsMissing) {
    EXPECT_EQ(clipped("abcdef", 6, true), "abcdef");
    EXPECT_EQ(clipped("abcdef", 5, true), "abcd…");
    EXPECT_EQ(clipped("abcdef", 5, false), "abc..");
    EXPECT_EQ(clipped("abcdef", 1, false), ".");
    EXPECT_EQ(clipped("ééé", 2, true), "é…");
    EXPECT_EQ(clipped("abc", 0, true), "");
}

} // namespace
} // namespace nadir::tool
