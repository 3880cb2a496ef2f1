// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The whole command line against a machine that isn't there.
#include "tool/commands.h"

#include "tests/tool/command_answer.h"
#include "tool/json.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
using test::CommandAnswer;
using test::FakeSystem;
using test::run_command;
namespace msr = arch::capability_msr;

int number(ExitStatus status) { return static_cast<int>(status); }

TEST(CommandLine, HelpAndVersionSucceed) {
    FakeSystem system;
    const CommandAnswer help = run_command(system, {"--help"});
    EXPECT_EQ(help.status, 0);
    for (const char* word : {"on", "off", "status", "stats", "log", "recorder", "caps", "Exit status", "not loaded"}) {
        EXPECT_THAT(help.out, HasSubstr(word));
    }
    EXPECT_EQ(run_command(system, {"--version"}).status, 0);
    EXPECT_THAT(run_command(system, {"--version"}).out, HasSubstr(NADIR_VERSION));
    EXPECT_EQ(run_command(system, {"log", "--help"}).status, 0);
    for (const auto& words : std::vector<std::vector<std::string>>{{"on", "--help"},  // without a footer of its own
                                                                   {"set", "--help"}, // of lines
                                                                   {"hook", "--help"},
                                                                   {"explain", "--help"},
                                                                   {"memory", "read", "--help"}}) {
        EXPECT_THAT(run_command(system, words).out, HasSubstr("xit status")) << words.front();
    }
}

TEST(CommandLine, MistakesAreUsageErrors) {
    const std::string past_the_last_step = std::to_string(NADIR_STEP_COUNT);
    const std::vector<std::vector<std::string>> mistakes = {
        {},
        {"onn"},
        {"on", "off"},
        {"on", "--log-level", "loud"},
        {"on", "--fail-step", past_the_last_step.c_str()},
        {"stats", "--cpu"},
        {"stats", "--cpu", "-1"},
        {"stats", "--cpu", "7"},
        {"log", "--cpu", "7"},
        {"status", "extra"},
        {"caps", "--from", "/does/not/exist"},
    };
    for (const auto& words : mistakes) {
        FakeSystem system;
        const CommandAnswer answer = run_command(system, words);
        EXPECT_EQ(answer.status, number(ExitStatus::usage)) << answer.err;
        EXPECT_THAT(answer.err, StartsWith("nadir: "));
        EXPECT_TRUE(answer.out.empty()) << answer.out;
    }
}

TEST(CommandLine, WithoutModule) {
    FakeSystem system;
    system.loaded = false;
    for (const char* word : {"on", "off", "status", "stats", "log"}) {
        const CommandAnswer answer = run_command(system, {word});
        EXPECT_EQ(answer.status, number(ExitStatus::no_module));
        EXPECT_EQ(answer.err, "nadir: no module\nload it\n");
    }
    EXPECT_EQ(run_command(system, {"caps"}).status, 0);
}

TEST(Status, ForPeopleAndPrograms) {
    FakeSystem system;
    CommandAnswer answer = run_command(system, {"status"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("Nadir is on: 2 of 2 processors in VMX non-root operation."));
    EXPECT_THAT(answer.out, HasSubstr("processors on:        0-1\n"));
    EXPECT_THAT(answer.out, HasSubstr("3.0 MiB (96 KiB per processor"));
    Json json = run_command(system, {"status", "--json"}).json();
    EXPECT_EQ(json["active"], true);
    EXPECT_EQ(json["processors_on"], 2);
    EXPECT_EQ(json["processors"].size(), 2u);
    EXPECT_EQ(json["processors"][1]["state"], "on");
    EXPECT_EQ(json["vpid"], true);

    system.nadir.state.active = 0;
    system.nadir.state.processors_on = 0;
    system.nadir.statistics[0].state = NADIR_PROCESSOR_OFF;
    system.nadir.statistics[1].state = NADIR_PROCESSOR_DEAD;
    answer = run_command(system, {"status"});
    EXPECT_THAT(answer.out, HasSubstr("Nadir is off: 0 of 2 processors"));
    EXPECT_THAT(answer.out, HasSubstr("dead"));
    EXPECT_THAT(answer.out, Not(HasSubstr("memory")));
}

TEST(Stats, ForPeopleAndPrograms) {
    FakeSystem system;
    system.nadir.statistics[1].exits[NADIR_EXIT_REASONS - 1] = 3;
    const CommandAnswer answer = run_command(system, {"stats"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("10 CPUID"));
    EXPECT_THAT(answer.out, HasSubstr("3,000,000"));
    EXPECT_THAT(answer.out, HasSubstr(std::to_string(NADIR_EXIT_REASONS - 1) + " newer than this version"));
    EXPECT_THAT(answer.out, HasSubstr("processor 1"));
    const Json json = run_command(system, {"stats", "--json"}).json();
    ASSERT_EQ(json["processors"].size(), 2u);
    EXPECT_EQ(json["processors"][1]["exits"][0], (Json{{"reason", 10}, {"name", "CPUID"}, {"count", 2000000}}));
    const Json one = run_command(system, {"stats", "--json", "--cpu", "1"}).json();
    ASSERT_EQ(one["processors"].size(), 1u);
    EXPECT_EQ(one["processors"][0]["processor"], 1);
}

TEST(Stats, OfNothing) {
    FakeSystem system;
    system.nadir.state.active = 0;
    for (auto& [processor, statistics] : system.nadir.statistics) {
        statistics.exits_total = statistics.exits[10] = 0;
    }
    const CommandAnswer answer = run_command(system, {"stats"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("No VM exits were counted"));
}

TEST(Log, InTheOrderOfTime) {
    FakeSystem system;
    system.nadir.add_record(0, 1000300, control::Message::processor_entered, 77);
    system.nadir.add_record(1, 1000200, control::Message::fault_in_root, 14);
    system.nadir.add_record(NADIR_ANY_PROCESSOR, 1000100, control::Message::start_requested, 2);
    const CommandAnswer answer = run_command(system, {"log", "--ticks"});
    EXPECT_EQ(answer.status, 0);
    const std::size_t host = answer.out.find("host     info     start requested: 2 processors");
    const std::size_t second = answer.out.find("cpu 1    error    fault in root mode: vector 14");
    const std::size_t first = answer.out.find("cpu 0    info     in VMX non-root operation after 77 ticks");
    EXPECT_LT(host, second) << answer.out;
    EXPECT_LT(second, first) << answer.out;
    EXPECT_NE(first, std::string::npos) << answer.out;

    const CommandAnswer errors = run_command(system, {"log", "--level", "error"});
    EXPECT_THAT(errors.out, HasSubstr("fault in root"));
    EXPECT_THAT(errors.out, Not(HasSubstr("start requested")));
    const CommandAnswer one = run_command(system, {"log", "--cpu", "0"});
    EXPECT_THAT(one.out, HasSubstr("after 77 ticks"));
    EXPECT_THAT(one.out, Not(HasSubstr("start requested")));
}

TEST(Log, TimeOfDay) {
    FakeSystem system;
    system.nadir.add_record(0, 500000, control::Message::stop_requested);
    const Json json = Json::parse(run_command(system, {"log", "--json"}).out);
    EXPECT_NEAR(json["time"].get<double>(), 999.5, 0.001);
    EXPECT_EQ(json["message"], "stop_requested");
    EXPECT_EQ(json["processor"], 0);
    EXPECT_EQ(json["ticks"], 500000);
}

TEST(Log, ManyRecordsAndLostOnes) {
    FakeSystem system;
    for (unsigned i = 0; i < 100; ++i) {
        system.nadir.add_record(0, i, control::Message::sipi_received, i);
    }
    system.nadir.lost[0] = 5;
    const CommandAnswer answer = run_command(system, {"log"});
    EXPECT_THAT(answer.out, HasSubstr("(5 records of processor 0 overwritten before they were read)"));
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 96);
    EXPECT_THAT(answer.out, HasSubstr("vector 0x63"));
}

TEST(Log, Empty) {
    FakeSystem system;
    EXPECT_EQ(run_command(system, {"log"}).out, "The log is empty at level debug.\n");
    EXPECT_EQ(run_command(system, {"log", "--json"}).out, "");
    system.nadir.state.starts = 0;
    EXPECT_THAT(run_command(system, {"log"}).out, HasSubstr("has not been on"));
}

TEST(Log, FollowsAndStartsAgainWithANewRun) {
    FakeSystem system;
    system.nadir.add_record(0, 1, control::Message::stop_requested);
    system.naps_until_interrupt = 4;
    system.while_asleep = [&system] {
        if (system.naps_until_interrupt == 2) {
            system.nadir.add_record(0, 2, control::Message::sipi_received, 9);
        } else if (system.naps_until_interrupt == 1) {
            // off and on again: the numbers start from 0
            system.nadir.state.starts = 2;
            system.nadir.log.clear();
            system.nadir.add_record(0, 3, control::Message::log_started, 64);
        }
    };
    const CommandAnswer answer = run_command(system, {"log", "--follow"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 3) << answer.out;
    EXPECT_THAT(answer.out, HasSubstr("vector 0x9"));
    EXPECT_THAT(answer.out, HasSubstr("64 records"));
}

TEST(Log, ADeviceThatNeverMovesDoesNotHang) {
    FakeSystem system;
    system.nadir.largest_batch = 0;
    system.nadir.add_record(0, 1, control::Message::stop_requested);
    EXPECT_EQ(run_command(system, {"log"}).status, 0);
}

TEST(Caps, SupportedAndUnsupportedAndUnknown) {
    FakeSystem system;
    CommandAnswer answer = run_command(system, {"caps"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("Processors 0-1: Example(R) Processor"));
    EXPECT_THAT(answer.out, HasSubstr("Nadir can run here."));
    EXPECT_THAT(answer.out, HasSubstr("enable EPT"));

    // One processor that differs is enough.
    system.processor = [](unsigned processor) {
        arch::Capabilities caps = test::example_processor();
        caps.set_msr(msr::feature_control, processor == 1 ? 1 : 5);
        return caps;
    };
    answer = run_command(system, {"caps"});
    EXPECT_EQ(answer.status, number(ExitStatus::failed));
    EXPECT_THAT(answer.out, HasSubstr("Processors 1: "));
    EXPECT_THAT(answer.out, HasSubstr("refuses: the firmware has locked VMX off (IA32_FEATURE_CONTROL is 0x1"));
    EXPECT_THAT(answer.out, HasSubstr("what to do: Switch"));
    EXPECT_THAT(answer.out, HasSubstr("Nadir can't run here"));

    system.processor = [](unsigned) {
        arch::Capabilities caps = test::example_processor();
        caps.has_control_registers = 0;
        caps.forget_msr(msr::vmx_basic);
        return caps;
    };
    answer = run_command(system, {"caps"});
    EXPECT_EQ(answer.status, number(ExitStatus::unknown));
    EXPECT_THAT(answer.out, HasSubstr("unknown"));
    EXPECT_EQ(run_command(system, {"caps", "--json"}).json()["verdict"], "unknown");
}

TEST(Caps, TheMachineCountsToo) {
    FakeSystem system;
    system.memory = 4096;
    EXPECT_THAT(run_command(system, {"caps"}).out, HasSubstr("4 KiB of memory are available"));
    system.memory = 1u << 30;
    system.processors.resize(1025);
    EXPECT_EQ(run_command(system, {"caps", "--json"}).json()["processors"][0]["findings"][0]["rule"],
              "too-many-processors");
    system.processors = {0};
    system.others = {{"KVM is there (module kvm_intel, not in use)", false}};
    EXPECT_EQ(run_command(system, {"caps"}).status, 0);
    system.others[0].in_use = true;
    const CommandAnswer answer = run_command(system, {"caps"});
    EXPECT_EQ(answer.status, number(ExitStatus::failed));
    EXPECT_THAT(answer.out, HasSubstr("note: KVM is there"));
    EXPECT_THAT(answer.out, HasSubstr("another hypervisor is running virtual machines"));
}

std::string file_with(const std::string& text) {
    const std::string path = ::testing::TempDir() + "nadir-caps-" + std::to_string(::getpid()) + ".json";
    std::ofstream(path) << text;
    return path;
}

TEST(Caps, FromAFileAsFromTheMachine) {
    FakeSystem system;
    system.processor = [](unsigned) {
        arch::Capabilities caps = test::example_processor();
        test::clear_msr_bits(caps, msr::vmx_secondary, 1ull << 33);
        return caps;
    };
    const CommandAnswer live = run_command(system, {"caps", "--json"});
    EXPECT_EQ(live.status, number(ExitStatus::failed));
    const std::string path = file_with(live.out);
    FakeSystem other; // with another processor
    const CommandAnswer again = run_command(other, {"caps", "--json", "--from", path.c_str()});
    EXPECT_EQ(again.status, number(ExitStatus::failed));
    EXPECT_EQ(again.json()["processors"], live.json()["processors"]);
    EXPECT_THAT(run_command(other, {"caps", "--from", path.c_str()}).out, HasSubstr("\"enable EPT\""));
}

TEST(Caps, DamagedFilesAreExplained) {
    FakeSystem system;
    const std::string good = run_command(system, {"caps", "--json"}).out;
    const auto damaged = [&](auto change) {
        Json json = Json::parse(good);
        change(json);
        return json.dump();
    };
    const struct {
        std::string text;
        const char* says;
    } files[] = {
        {"", "not JSON, at byte"},
        {"{\"format\": 756e6547}", "number overflow"},
        {good.substr(0, good.size() / 2), "not JSON, at byte"},
        {"[]", "\"format\" is missing"},
        {"{}", "\"format\" is missing"},
        {damaged([](Json& json) { json["format"] = 99; }), "another version"},
        {damaged([](Json& json) { json["processors"] = Json::array(); }), "at least one processor"},
        {damaged([](Json& json) { json["processors"] = 3; }), "at least one processor"},
        {damaged([](Json& json) { json["processors"][0].erase("capabilities"); }), "\"capabilities\" is missing"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["cpuid"].erase("0x1"); }),
         "\"0x1\" is missing"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["cpuid"]["0x1"].erase(0); }), "EAX, EBX"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["cpuid"]["0x1"][2] = "0x100000000"; }),
         "too large"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["msr"]["0x480"] = "0x12g"; }),
         "is not a number"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["msr"]["0x480"] = nullptr; }),
         "a number is expected"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["msr"]["four"] = 1; }), "is not a number"},
        {damaged([](Json& json) { json["processors"][0]["capabilities"]["msr"] = 1; }), "an object is expected"},
    };
    for (const auto& file : files) {
        const std::string path = file_with(file.text);
        const CommandAnswer answer = run_command(system, {"caps", "--from", path.c_str()});
        EXPECT_EQ(answer.status, number(ExitStatus::usage)) << file.says;
        EXPECT_THAT(answer.err, HasSubstr(file.says));
        EXPECT_TRUE(answer.out.empty());
    }
}

} // namespace
} // namespace nadir::tool
