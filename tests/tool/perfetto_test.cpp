// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The trace-event format, as its viewers want it.
#include "tests/tool/command_answer.h"
#include "tool/json.h"
#include "tool/trace/event_words.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <set>

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

    std::string content() const {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    nlohmann::json trace() {
        answer = run_command(system, {"trace", "wrmsr", "--perfetto", path.string()});
        EXPECT_EQ(answer.status, 0) << answer.err;
        return nlohmann::json::parse(content());
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

// What the viewers ask of the file: chrome://tracing gives up at a wrong one, and ui.perfetto.dev counts it among its errors.
void expect_viewers_take(const nlohmann::json& all) {
    std::set<std::pair<nlohmann::json, nlohmann::json>> named;
    std::map<nlohmann::json, double> last; // by processor
    for (const nlohmann::json& one : all) {
        SCOPED_TRACE(one.dump());
        EXPECT_TRUE(one.at("name").is_string() && one.at("args").is_object());
        for (const char* number : {"pid", "tid"}) { // 0 is nobody's, and they are kept in signed numbers
            EXPECT_TRUE(one.at(number).is_number_unsigned());
            EXPECT_GT(one.at(number), 0u);
            EXPECT_LE(one.at(number), 0x7FFF'FFFFu);
        }
        if (one.at("ph") == "M") {
            EXPECT_TRUE(one["name"] == "process_name" || one["name"] == "thread_name");
            EXPECT_TRUE(one["args"].at("name").is_string() && one["args"]["name"] != "");
            named.emplace(one["pid"], one["name"] == "thread_name" ? one["tid"] : nlohmann::json());
            continue;
        }
        EXPECT_EQ(one.at("ph"), "i");
        EXPECT_TRUE(one.at("s") == "t" || one["s"] == "p" || one["s"] == "g");
        EXPECT_TRUE(one.at("cat").is_string() && one.at("ts").is_number());
        EXPECT_GE(one["ts"], last[one["args"].at("processor")]);
        last[one["args"]["processor"]] = one["ts"];
        EXPECT_TRUE(named.contains({one["pid"], nullptr})) << "its process has no name";
        EXPECT_TRUE(named.contains({one["pid"], one["tid"]})) << "its track has no name";
    }
}

TEST_F(Perfetto, EveryKindOfEventAsViewersTakeIt) {
    std::vector<std::string> words{"trace", "--registers", "--write", "0x1000", "--perfetto", path.string()};
    std::vector<nadir_event> events;
    for (nadir_u32 kind = 0; kind < tool::event_name_count; ++kind) {
        words.emplace_back(tool::event_names[kind]);
        nadir_event event = system.nadir.events[1][0];
        event.kind = static_cast<decltype(event.kind)>(kind);
        event.time += kind;
        event.word[0] = event.word[1] = event.word[2] = ~nadir_u64{0};
        events.push_back(event);
    }
    system.nadir.events = {{0, events}, {1, events}};
    system.nadir.events_lost[1] = 1;
    const std::vector<nadir_event_process> owners{{1234, 1235, NADIR_PROCESS_KNOWN, 0, "b\"\\a\n\xFF"},
                                                  {2, 2, NADIR_PROCESS_KNOWN | NADIR_PROCESS_OF_KERNEL, 0, "kthreadd"},
                                                  {0, 0, NADIR_PROCESS_KNOWN | NADIR_PROCESS_OF_KERNEL, 0, "swapper/1"},
                                                  {}};
    for (const nadir_event_process& owner : owners) {
        system.nadir.process = owner;
        system.naps_until_interrupt = 3;
        std::filesystem::remove(path);
        // Whenever the command may be killed, the file is one that lacks its end at most.
        system.while_asleep = [this] {
            const std::string text = content();
            if (!text.empty()) {
                expect_viewers_take(nlohmann::json::parse(text + "\n]"));
            }
        };
        answer = run_command(system, words);
        ASSERT_EQ(answer.status, 0) << answer.err;
        const nlohmann::json all = nlohmann::json::parse(content());
        EXPECT_EQ(std::ranges::count_if(all, [](const auto& one) { return one["ph"] == "i"; }), 2 * int(events.size()));
        expect_viewers_take(all);
        for (auto& [processor, list] : system.nadir.events) { // the clock goes on
            std::ranges::for_each(list, [](nadir_event& event) { event.time += 50'000; });
        }
    }
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
