// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir trace` of a running Nadir that isn't there.
#include "control/exit_ring.h"
#include "tests/tool/command_answer.h"
#include "tool/trace/event_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

nadir_event event_of(nadir_event_kind kind, nadir_u64 time, nadir_u64 first, nadir_u64 second = 0,
                     nadir_u64 third = 0) {
    nadir_event event{};
    event.time = time;
    event.rip = 0xFFFF'FFFF'8100'1234;
    event.cr3 = 0x1234'5000;
    event.word[0] = first;
    event.word[1] = second;
    event.word[2] = third;
    event.kind = static_cast<nadir_u16>(kind);
    event.outcome = NADIR_EXIT_ADVANCED;
    return event;
}

class Trace : public ::testing::Test {
protected:
    Trace() {
        system.naps_until_interrupt = 3;
        system.nadir.events[0] = {event_of(NADIR_EVENT_CPUID, 1'000'010, 7, 0x2'0000'0001, 0x4'0000'0003),
                                  event_of(NADIR_EVENT_WRMSR, 1'000'030, 0xC000'0080, 0xD01)};
        system.nadir.events[1] = {event_of(NADIR_EVENT_XSETBV, 1'000'020, 0, 7)};
    }
    FakeSystem system;
};

TEST_F(Trace, InTheOrderOfTime) {
    const CommandAnswer answer = run_command(system, {"trace", "cpuid", "wrmsr", "xsetbv"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    const std::size_t cpuid = answer.out.find("leaf 0x7, subleaf 0x0: eax 0x1, ebx 0x2, ecx 0x3, edx 0x4");
    const std::size_t xsetbv = answer.out.find("cpu 1   rip 0xffffffff81001234  cr3 0x12345000  xsetbv  XCR0 = 0x7");
    const std::size_t wrmsr = answer.out.find("IA32_EFER (0xc0000080) = 0xd01");
    ASSERT_NE(wrmsr, std::string::npos) << answer.out;
    EXPECT_LT(cpuid, xsetbv);
    EXPECT_LT(xsetbv, wrmsr);
    EXPECT_FALSE(system.nadir.watched) << "the end was asked for";
    EXPECT_EQ(system.nadir.filter.kinds, 1u << NADIR_EVENT_CPUID | 1u << NADIR_EVENT_WRMSR | 1u << NADIR_EVENT_XSETBV);
    EXPECT_EQ(system.nadir.filter.msr_count, 0u);
}

TEST_F(Trace, WhatComesLater) {
    system.nadir.events.clear();
    system.while_asleep = [this] { system.nadir.events[1].push_back(event_of(NADIR_EVENT_VMX, 1, 18)); };
    const CommandAnswer answer = run_command(system, {"trace", "vmx"});
    EXPECT_THAT(answer.out, HasSubstr("VMCALL"));
}

TEST_F(Trace, Counted) {
    const CommandAnswer answer = run_command(system, {"trace", "cpuid", "--count", "2"});
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 2) << answer.out;
    EXPECT_FALSE(system.nadir.watched);
}

TEST_F(Trace, LossesAreSaid) {
    system.nadir.events_lost[0] = 1;
    EXPECT_THAT(run_command(system, {"trace", "cpuid"}).out, HasSubstr("(1 event of processor 0 lost"));
    system.naps_until_interrupt = 3;
    EXPECT_THAT(run_command(system, {"trace", "cpuid", "--json"}).out, HasSubstr(R"({"lost":1,"processor":0})"));
}

TEST_F(Trace, OneProcessor) {
    const CommandAnswer answer = run_command(system, {"trace", "xsetbv", "--cpu", "1"});
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 1) << answer.out;
    EXPECT_EQ(run_command(system, {"trace", "xsetbv", "--cpu", "7"}).status, 2);
}

TEST_F(Trace, Json) {
    system.nadir.events[0][1].outcome = NADIR_EXIT_RAISED_GP;
    const CommandAnswer answer = run_command(system, {"trace", "wrmsr", "--json"});
    EXPECT_THAT(answer.out, HasSubstr(R"("ticks":1000030,"processor":0,"event":"wrmsr","rip":"0xffffffff81001234",)"
                                      R"("cr3":"0x12345000","privilege_level":0,"words":["0xc0000080","0xd01","0x0"],)"
                                      R"("raised":"#GP","text":"IA32_EFER (0xc0000080) = 0xd01"})"));
}

TEST_F(Trace, ChosenMsrs) {
    EXPECT_EQ(
        run_command(system, {"trace", "rdmsr", "--msr", "efer", "--msr", "0x800-0x8ff", "--msr", "msr:0x10"}).status,
        0);
    const nadir_event_filter& filter = system.nadir.filter;
    ASSERT_EQ(filter.msr_count, 3u);
    EXPECT_EQ(filter.msrs[0].first, 0xC000'0080);
    EXPECT_EQ(filter.msrs[0].last, 0xC000'0080);
    EXPECT_EQ(filter.msrs[1].first, 0x800u);
    EXPECT_EQ(filter.msrs[1].last, 0x8FFu);
    EXPECT_EQ(filter.msrs[2].first, 0x10u);
}

TEST_F(Trace, WrongWords) {
    const CommandAnswer event = run_command(system, {"trace", "cpuidd"});
    EXPECT_EQ(event.status, 2);
    EXPECT_THAT(event.err, AllOf(HasSubstr("There is no event \"cpuidd\""), HasSubstr("Did you mean cpuid")));
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"trace"},
             {"trace", "rdmsr", "--msr", "cr4"},
             {"trace", "rdmsr", "--msr", "0x20-0x10"},
             {"trace", "rdmsr", "--msr", "0x100000000"},
             {"trace", "rdmsr", "--msr", "efre"},
             {"trace", "cpuid", "--msr", "efer"},
             {"trace", "cpuid", "--count", "0"},
         }) {
        const CommandAnswer answer = run_command(system, words);
        EXPECT_EQ(answer.status, 2) << words.back();
        EXPECT_NE(answer.err, "") << words.back();
    }
}

TEST_F(Trace, Refused) {
    system.nadir.set_report(NADIR_BUSY, 0, NADIR_ANY_PROCESSOR, "Somebody has them.");
    const CommandAnswer busy = run_command(system, {"trace", "cpuid"});
    EXPECT_EQ(busy.status, 1);
    EXPECT_THAT(busy.err, HasSubstr("Somebody has them."));
    system.nadir.set_report(NADIR_ALREADY_OFF, 0, NADIR_ANY_PROCESSOR, "off");
    const CommandAnswer off = run_command(system, {"trace", "cpuid"});
    EXPECT_EQ(off.status, 1);
    EXPECT_THAT(off.err, HasSubstr("Nadir is off"));
}

TEST_F(Trace, AHostWithoutEventsSaysSo) {
    system.has_no_events("Not here.");
    const CommandAnswer answer = run_command(system, {"trace", "cpuid"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("Not here."));
    EXPECT_FALSE(system.nadir.watched);
}

TEST_F(Trace, TurnedOffMeanwhile) {
    system.nadir.events_over = true;
    const CommandAnswer answer = run_command(system, {"trace", "cpuid"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.out, HasSubstr("leaf 0x7")) << "what came before is shown";
    EXPECT_THAT(answer.err, HasSubstr("turned off meanwhile"));
}

} // namespace
} // namespace nadir::test
