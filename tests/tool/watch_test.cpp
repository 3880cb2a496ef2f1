// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir stats --watch` and `nadir top` where there is no screen.
#include "tests/tool/fake_system.h"
#include "tool/commands.h"
#include "tool/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class Watch : public ::testing::Test {
protected:
    FakeSystem system;
    std::ostringstream out;
    std::ostringstream err;

    Watch() {
        system.naps_until_interrupt = -1;
        // A hundred CPUIDs for each tenth of a second that somebody sleeps.
        system.while_asleep = [this] {
            system.nadir.statistics[1].exits[10] += 100;
            system.nadir.statistics[1].exits_total += 100;
        };
    }

    int run(std::vector<const char*> words) {
        words.insert(words.begin(), "nadir");
        out.str("");
        err.str("");
        return tool::run(system, static_cast<int>(words.size()), words.data(), out, err);
    }

    std::vector<std::string> lines() {
        std::vector<std::string> all;
        std::istringstream text(out.str());
        for (std::string line; std::getline(text, line);) {
            all.push_back(line);
        }
        return all;
    }
};

TEST_F(Watch, LinesForPipes) {
    EXPECT_EQ(run({"stats", "--watch", "--count", "2"}), 0);
    ASSERT_EQ(lines().size(), 2U);
    EXPECT_THAT(lines()[0], MatchesRegex("[0-9:]+ +1,000/s  cpu 0 0  cpu 1 1,000  \\|  CPUID 1,000"));
    EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST_F(Watch, EverySoManySeconds) {
    EXPECT_EQ(run({"stats", "--watch", "0.5", "--count", "1", "--json"}), 0);
    const auto json = nlohmann::json::parse(out.str());
    EXPECT_DOUBLE_EQ(json["seconds"], 0.5);
    EXPECT_DOUBLE_EQ(json["exits"], 1000);
    EXPECT_EQ(json["reasons"][0]["name"], "CPUID");
    EXPECT_EQ(json["processors"].size(), 2U);
}

TEST_F(Watch, InPlaceOnATerminal) {
    system.size = tool::TerminalSize{24, 10};
    EXPECT_EQ(run({"stats", "--watch", "--count", "2"}), 0);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("\x1b[4A\r\x1b[J"), HasSubstr("10 CPUID")));
    for (const std::string& line : lines()) {
        EXPECT_LE(line.size(), 23U + std::strlen("\x1b[4A\r\x1b[J"));
    }
    system.size = tool::TerminalSize{80, 3};
    EXPECT_EQ(run({"stats", "--watch", "--count", "2"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("\x1b[2A")) << "no more lines than there are rows";
}

TEST_F(Watch, OneProcessor) {
    EXPECT_EQ(run({"stats", "--watch", "--count", "1", "--cpu", "0"}), 0);
    EXPECT_THAT(out.str(), AllOf(HasSubstr(" 0/s"), Not(HasSubstr("cpu 1"))));
    EXPECT_EQ(run({"stats", "--watch", "--cpu", "9"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("There is no processor 9"));
}

TEST_F(Watch, EndsWhenAskedTo) {
    system.naps_until_interrupt = 25;
    EXPECT_EQ(run({"stats", "--watch"}), 0);
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(Watch, OffIsSaid) {
    system.nadir.state.active = 0;
    EXPECT_EQ(run({"stats", "--watch", "--count", "1"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("Nadir is off"));
}

TEST_F(Watch, BadWords) {
    for (const auto& words : std::vector<std::vector<const char*>>{{"stats", "--watch", "0"},
                                                                   {"stats", "--watch", "never"},
                                                                   {"stats", "--count", "2"},
                                                                   {"top", "--every", "-1"},
                                                                   {"top", "now"}}) {
        EXPECT_EQ(run(words), 2);
        EXPECT_THAT(err.str(), HasSubstr("nadir: "));
    }
}

TEST_F(Watch, TopWithoutAScreenPrintsLines) {
    EXPECT_EQ(run({"top", "--count", "1"}), 0);
    ASSERT_EQ(lines().size(), 2U);
    EXPECT_THAT(lines()[0], HasSubstr("there is no screen: lines as of `nadir stats --watch` instead"));
    EXPECT_THAT(lines()[1], HasSubstr("1,000/s"));
}

} // namespace
} // namespace nadir::test
