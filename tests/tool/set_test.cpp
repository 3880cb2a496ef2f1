// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir set`: rules as they are written, what of them the host is asked, and what is said when they are wrong.
#include "tests/tool/run_command.h"
#include "tool/json.h"
#include "tool/rules/rule_words.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

std::vector<std::string> round_trip(const Words& words) {
    std::vector<std::string> all;
    for (const nadir_rule& rule : tool::parse_rules(words)) {
        all.push_back(tool::words_of_rule(rule));
    }
    return all;
}

class Set : public ::testing::Test {
protected:
    Answer run(std::vector<const char*> words) {
        words.insert(words.begin(), {"nadir", "set"});
        std::ostringstream out;
        std::ostringstream err;
        const int status = tool::run(system, static_cast<int>(words.size()), words.data(), out, err);
        return {status, out.str(), err.str()};
    }
    FakeSystem system;
};

TEST(RuleWords, AreReadAndWrittenAlike) {
    EXPECT_EQ(round_trip({"cpuid", "1", "ECX=0x200"}), Words{"cpuid 1 ecx=0x200"});
    EXPECT_EQ(round_trip({"cpuid", "7.1", "eax&=0xff", "EBX|=16"}),
              (Words{"cpuid 7.1 eax&=0xff", "cpuid 7.1 ebx|=0x10"}));
    EXPECT_EQ(round_trip({"cpuid", "80000002", "edx=0"}), Words{"cpuid 80000002 edx=0x0"});
    EXPECT_EQ(round_trip({"msr", "MSR_LSTAR", "write=refuse"}), Words{"msr ia32_lstar write=refuse"});
    EXPECT_EQ(round_trip({"msr", "0x12345678", "read=0x1122334455667788", "write=ignore"}),
              (Words{"msr 0x12345678 read=0x1122334455667788", "msr 0x12345678 write=ignore"}));
    EXPECT_EQ(round_trip({"cr4", "pin", "smep", "SMAP"}), Words{"cr4 pin smep smap"});
    EXPECT_EQ(round_trip({"CR0", "pin", "WP", "=fault"}), Words{"cr0 pin wp =fault"});
    EXPECT_EQ(round_trip({"protect", "0x1000-0x1fff"}), Words{"protect 0x1000-0x1fff ignore"});
    EXPECT_EQ(round_trip({"protect", "0x1000+4096", "Refuse"}), Words{"protect 0x1000-0x1fff refuse"});
    EXPECT_EQ(round_trip({"protect", "0x12345678", "ignore"}), Words{"protect 0x12345678 ignore"});
}

TEST(RuleWords, SayWhatIsMeant) {
    const nadir_rule leaf = tool::parse_rules({"cpuid", "7", "ebx&=0xf0"}).front();
    EXPECT_EQ(leaf.any_subleaf, 1u);
    EXPECT_EQ(leaf.keep, 0xF0u);
    EXPECT_EQ(leaf.set, 0u);
    const nadir_rule subleaf = tool::parse_rules({"cpuid", "7.0", "ebx|=0xf0"}).front();
    EXPECT_EQ(subleaf.any_subleaf, 0u);
    EXPECT_EQ(subleaf.keep, 0xFFFF'FFFFu);
    EXPECT_EQ(subleaf.set, 0xF0u);
    EXPECT_EQ(tool::parse_rules({"cr4", "pin", "SMEP", "=fault"}).front().action, nadir_u32{NADIR_ACTION_REFUSE});
}

TEST_F(Set, NamesThePlaceAndWhatIsNear) {
    const struct {
        std::vector<const char*> words;
        const char* said;
    } cases[] = {
        {{"cpuit", "1", "eax=1"}, "Did you mean \"cpuid\""},
        {{"cpuid", "1"}, "needs a leaf"},
        {{"protect"}, "needs memory"},
        {{"protect", "0x1000", "refuze"}, "Did you mean \"refuse\""},
        {{"protect", "0x2000-0x1fff"}, "the range ends before it begins"},
        {{"protect", "0x1000+0"}, "no memory at all"},
        {{"protect", "0x1000+"}, "a number is missing"},
        {{"protect", "jiffies"}, "\"jiffies\" is no number"},
        {{"protect", "0x1000+0xffffffffffffffff"}, "beyond the last address"},
        {{"protect", "0xffffffff81000000"}, "at most 52 bits"},
        {{"cpuid", "x", "eax=1"}, "\"x\" is not a CPUID leaf"},
        {{"cpuid", "1", "eaz=1"}, "Did you mean \"eax\""},
        {{"cpuid", "1", "eax"}, "\"eax\" gives nothing a value"},
        {{"cpuid", "1", "eax=0x100000000"}, "32 bits"},
        {{"msr", "ia32_lstra", "write=refuse"}, "ia32_lstar"},
        {{"msr", "ia32_lstar"}, "what is to become of an access"},
        {{"msr", "ia32_lstar", "write=refus"}, "Did you mean \"refuse\""},
        {{"msr", "ia32_lstar", "wrte=refuse"}, "Did you mean \"write\""},
        {{"msr", "ia32_lstar", "read&=1"}, "can't be changed alone"},
        {{"cr4", "pin", "smeb"}, "smep"},
        {{"cr4", "smep"}, "cr4 pin SMEP"},
        {{"cr4", "pin", "=fault"}, "has no bit"},
        {{"remove"}, "which rule"},
        {{"remove", "0"}, "not the number of a rule"},
        {{"remove", "x"}, "not the number of a rule"},
        {{"clear", "1"}, "nothing is expected behind \"clear\""},
    };
    for (const auto& wrong : cases) {
        const Answer answer = run(wrong.words);
        EXPECT_EQ(answer.status, 2) << wrong.said;
        EXPECT_THAT(answer.err, HasSubstr(wrong.said));
    }
    EXPECT_TRUE(system.nadir.rule_requests.empty()) << "none was asked";
}

TEST_F(Set, AddsListsAndRemoves) {
    EXPECT_THAT(run({}).out, HasSubstr("There are no rules."));
    const Answer added = run({"cpuid", "1", "ecx=5", "edx=6"});
    EXPECT_EQ(added.status, 0) << added.err;
    system.nadir.rules[0].answered = 1234567;
    EXPECT_THAT(run({}).out, HasSubstr("1         1,234,567  cpuid 1 ecx=0x5"));
    EXPECT_EQ(run({"remove", "1"}).status, 0);
    EXPECT_THAT(run({"list"}).out, HasSubstr("2                 0  cpuid 1 edx=0x6"));
    EXPECT_THAT(run({"clear"}).out, HasSubstr("There are no rules."));
}

TEST_F(Set, AllOfALineOrNothing) {
    system.nadir.rules_that_fit = 1;
    const Answer answer = run({"cpuid", "1", "ecx=5", "edx=6"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("no place for more"));
    EXPECT_TRUE(system.nadir.rules.empty());
}

TEST_F(Set, SaysWhenNadirIsOff) {
    system.nadir.set_report(NADIR_ALREADY_OFF, 0, NADIR_ANY_PROCESSOR, "Nadir is off: there are no rules");
    const Answer answer = run({});
    EXPECT_EQ(answer.status, 6);
    EXPECT_THAT(answer.err, HasSubstr("Nadir is off"));
}

TEST_F(Set, Json) {
    const Answer answer = run({"--json", "cr4", "pin", "smep"});
    const auto json = nlohmann::json::parse(answer.out);
    EXPECT_EQ(json["changed"], nlohmann::json::array({1}));
    EXPECT_EQ(json["rules"][0]["rule"], "cr4 pin smep");
    EXPECT_EQ(json["rules"][0]["bits"], "0x100000");
    EXPECT_EQ(json["rules"][0]["faults"], false);
}

} // namespace
} // namespace nadir::test
