// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir report --html`, without a browser.
#include "tests/tool/fake_system.h"
#include "tool/page/charts.h"
#include "tool/page/html.h"
#include "tool/page/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace nadir::tool {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Page : public ::testing::Test {
protected:
    test::FakeSystem system;

    Page() {
        system.naps_until_interrupt = -1;
        system.machine.kernel.text = 0xFFFF'FFFF'A3C0'0000;
        system.nadir.process = {1, 1, NADIR_PROCESS_KNOWN, 0, "secret<d>"};
        system.nadir.rules = {{1, 0, 7, {NADIR_RULE_READ_MSR, 0x10, 0, 0, 0, 0, 0, 1}}};
        system.symbols = {"ffffffffa3c04300 T vfs_read\n", "a test"};
        system.nadir.hooks = {{{0xFFFF'FFFF'A3C0'4300, 0, NADIR_HOOK_BREAKPOINT, 0}, 0, 0, 0, 0, NADIR_HOOK_STAYS},
                              {{1, 0xFFFF'FFFF'A3C0'4320, NADIR_HOOK_REDIRECT, 0}, 0, 0, 0, 0, NADIR_HOOK_GONE}};
        // Of each tenth of a second, in two parts: a hundred CPUIDs and one event.
        system.while_asleep = [this] {
            nadir_statistics& one = system.nadir.statistics[1];
            one.exits[10] += 50;
            one.exits_total += 50;
            system.nadir.hooks[0].hits += 5;
            nadir_event event{};
            event.kind = NADIR_EVENT_CPUID;
            event.time = system.read_clocks().ticks;
            event.rip = 0xFFFF'FFFF'A3C0'4321;
            event.outcome = NADIR_EXIT_ADVANCED;
            system.nadir.events[1].push_back(event);
        };
    }

    std::string page(const PageWishes& wishes) {
        std::ostringstream out;
        write_page(collect_page(system, wishes), out);
        return out.str();
    }
};

TEST_F(Page, SaysWhatHappened) {
    const PageData data = collect_page(system, {std::chrono::seconds(2), {"cpuid"}, false});
    EXPECT_DOUBLE_EQ(data.whole.seconds, 2);
    EXPECT_EQ(data.steps.size(), 20U);
    EXPECT_DOUBLE_EQ(data.whole.exits, 1000);
    EXPECT_EQ(data.marks.size(), 40U);
    EXPECT_EQ(system.nadir.ends, 1U);
    std::ostringstream out;
    write_page(data, out);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("VM exits over time"), HasSubstr("<b>1,000</b>"), HasSubstr("processor 1"),
                                 HasSubstr("CPUID <span class=\"faint\">10</span>"), HasSubstr("read=0x1"),
                                 HasSubstr("40 seen"), HasSubstr("<code>0xffffffff81004321</code>")));
}

TEST_F(Page, AsksForNothingAndRunsNothing) {
    const std::string html = page({std::chrono::seconds(1), {"cpuid"}, false});
    EXPECT_THAT(html, AllOf(HasSubstr("default-src 'none'"), Not(HasSubstr("<script")), Not(HasSubstr("http://")),
                            Not(HasSubstr("https://")), Not(HasSubstr("url("))));
}

TEST_F(Page, NothingPrivateUnlessWanted) {
    EXPECT_THAT(page({std::chrono::seconds(1), {"cpuid"}, false}),
                AllOf(Not(HasSubstr("secret")), Not(HasSubstr("a3c0"))));
    EXPECT_THAT(page({std::chrono::seconds(1), {"cpuid"}, true}),
                AllOf(HasSubstr("secret&lt;d&gt;"), HasSubstr("0xffffffffa3c04321"), HasSubstr("PRIVATE")));
}

TEST_F(Page, Hooks) {
    EXPECT_THAT(page({std::chrono::seconds(2), {}, false}),
                AllOf(HasSubstr("<code>vfs_read</code>"), HasSubstr("<td>stays</td>"), HasSubstr(">200<"),
                      HasSubstr(">100<"), HasSubstr("<code>vfs_read+0x20</code>"), HasSubstr("gone")));
    system.symbols = {};
    EXPECT_THAT(page({std::chrono::seconds(1), {}, false}), HasSubstr("<code>0xffffffff81004300</code>"));
    EXPECT_THAT(page({std::chrono::seconds(1), {}, true}), HasSubstr("<code>0xffffffffa3c04300</code>"));
    system.nadir.hooks.clear();
    system.while_asleep = nullptr;
    EXPECT_THAT(page({std::chrono::seconds(1), {}, false}),
                HasSubstr("<h2>Hooks</h2><p class=\"faint\">There are none."));
}

TEST_F(Page, WithoutEvents) {
    EXPECT_THAT(page({std::chrono::seconds(1), {}, false}), HasSubstr("None were asked for."));
    system.nadir.set_report(NADIR_BUSY, 0, NADIR_ANY_PROCESSOR, "Somebody else is looking.");
    EXPECT_THAT(page({std::chrono::seconds(1), {"cpuid"}, false}), HasSubstr("Somebody else is looking."));
}

TEST_F(Page, Off) {
    system.nadir.state.active = 0;
    system.while_asleep = nullptr;
    EXPECT_THAT(page({std::chrono::seconds(1), {}, false}), AllOf(HasSubstr(">off<"), HasSubstr("There were none.")));
}

TEST_F(Page, EndedSooner) {
    system.naps_until_interrupt = 10; // half a second
    const PageData data = collect_page(system, {std::chrono::seconds(60), {}, false});
    EXPECT_LT(data.whole.seconds, 1);
    system.naps_until_interrupt = 0;
    EXPECT_THROW((void)collect_page(system, {std::chrono::seconds(60), {}, false}), Failure);
}

TEST(Charts, ScalesAreRound) {
    EXPECT_DOUBLE_EQ(round_above(0), 1);
    EXPECT_DOUBLE_EQ(round_above(1), 1);
    EXPECT_DOUBLE_EQ(round_above(2100), 3000);
    EXPECT_DOUBLE_EQ(round_above(7), 8);
}

TEST(Charts, AreasLieUponEachOther) {
    const std::string svg = stacked_areas({{"A", 0, {1, 1}}, {"B<", 1, {1, 1}}}, 10);
    EXPECT_THAT(svg, AllOf(HasSubstr("M0.0 50.00L1000.0 50.00L1000.0 100.00L0.0 100.00Z"),
                           HasSubstr("M0.0 0.00L1000.0 0.00L1000.0 50.00L0.0 50.00Z"),
                           HasSubstr("B&lt;: 1.0 per second"), HasSubstr(">5 s<")));
    EXPECT_THAT(small_area(std::vector<double>{3}, 3, "one"), HasSubstr("M0.0 0.00L1000.0 0.00"));
}

TEST(Html, TextStaysText) { EXPECT_EQ(escaped("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"); }

} // namespace
} // namespace nadir::tool
