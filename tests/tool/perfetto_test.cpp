// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The trace-event format, as its viewers want it.
#include "tests/tool/command_answer.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;

class Perfetto : public ::testing::Test {
protected:
    Perfetto() : path(std::filesystem::temp_directory_path() / fmt::format("nadir-perfetto-{}.json", getpid())) {
        system.naps_until_interrupt = 3;
        nadir_event event{};
        event.kind = NADIR_EVENT_WRMSR;
        event.outcome = NADIR_EXIT_RAISED_GP;
        event.time = 1'010'250; // a tick is a microsecond, and the clock is made at 1010000
        event.word[0] = 0xC000'0080;
        event.word[1] = 0xD01;
        system.nadir.events[1] = {event};
    }
    ~Perfetto() override { std::filesystem::remove(path); }

    nlohmann::json trace() {
        answer = run_command(system, {"trace", "wrmsr", "--perfetto", path.string()});
        EXPECT_EQ(answer.status, 0) << answer.err;
        std::ifstream file(path);
        return nlohmann::json::parse(file);
    }

    FakeSystem system;
    std::filesystem::path path;
    CommandAnswer answer;
};

TEST_F(Perfetto, AnInstantOnTheTrackOfItsThread) {
    system.nadir.process = {1234, 1235, NADIR_PROCESS_KNOWN, 0, "bash"};
    const nlohmann::json all = trace();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0],
              nlohmann::json::parse(R"({"name":"thread_name","ph":"M","pid":1234,"tid":1235,"args":{"name":"bash"}})"));
    EXPECT_EQ(all[1]["name"], "process_name");
    EXPECT_EQ(all[2]["ph"], "i");
    EXPECT_EQ(all[2]["s"], "t");
    EXPECT_EQ(all[2]["pid"], 1234);
    EXPECT_EQ(all[2]["tid"], 1235);
    EXPECT_NEAR(all[2]["ts"].get<double>(), 250, 0.01);
    EXPECT_EQ(all[2]["args"]["msr"], "0xc0000080");
    EXPECT_EQ(all[2]["args"]["raised"], "#GP");
    EXPECT_THAT(answer.out, HasSubstr("1 event in "));
}

TEST_F(Perfetto, NoTrackHasTheNumberOfNoProcess) {
    system.nadir.process = {0, 0, NADIR_PROCESS_KNOWN | NADIR_PROCESS_OF_KERNEL, 0, "swapper/1"};
    for (const nlohmann::json& one : trace()) {
        EXPECT_NE(one["pid"], 0);
        EXPECT_NE(one["tid"], 0);
    }
    system.nadir.process = {};
    system.naps_until_interrupt = 3;
    const nlohmann::json unknown = trace();
    EXPECT_EQ(unknown[0]["args"]["name"], "processor 1");
    EXPECT_EQ(unknown[1]["args"]["name"], "not known whose");
}

TEST_F(Perfetto, ANewNameIsSaidAgain) {
    system.nadir.process = {5, 5, NADIR_PROCESS_KNOWN, 0, "sh"};
    int naps = 0;
    system.while_asleep = [this, &naps] {
        if (++naps == 2) { // the clock sleeps, too, before anything is read
            system.nadir.process = {5, 5, NADIR_PROCESS_KNOWN, 0, "ls"};
            system.nadir.events[1].resize(3, system.nadir.events[1][0]);
        }
    };
    std::vector<std::string> names;
    for (const nlohmann::json& one : trace()) {
        if (one["name"] == "process_name" || one["name"] == "thread_name") {
            names.push_back(one["args"]["name"]);
        }
    }
    EXPECT_EQ(names, (std::vector<std::string>{"sh", "sh", "ls", "ls"}));
}

TEST_F(Perfetto, NothingSeenIsAnArrayAllTheSame) {
    system.nadir.events.clear();
    EXPECT_EQ(trace(), nlohmann::json::array());
}

TEST_F(Perfetto, LossesAreOnTheirProcessorsTrack) {
    system.nadir.events[1].push_back(system.nadir.events[1][0]);
    system.nadir.events_lost[1] = 1;
    const nlohmann::json all = trace();
    const auto found = std::ranges::find_if(all, [](const auto& one) { return one["name"] == "1 event lost"; });
    ASSERT_NE(found, all.end());
    EXPECT_EQ((*found)["args"]["processor"], 1);
}

TEST_F(Perfetto, AFileThatCannotBeWritten) {
    answer = run_command(system, {"trace", "wrmsr", "--perfetto", "/nowhere/at/all"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("/nowhere/at/all can't be written: No such file"));
    answer = run_command(system, {"trace", "wrmsr", "--perfetto", "/dev/full"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("/dev/full can't be written to its end"));
    EXPECT_FALSE(system.nadir.watched);
}

} // namespace
} // namespace nadir::test
