// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir trace` of a running Nadir that isn't there.
#include "control/exit_ring.h"
#include "tests/tool/command_answer.h"
#include "tool/trace/event_fields.h"
#include "tool/trace/event_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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
    const std::size_t xsetbv =
        answer.out.find("cpu 1   -                     rip 0xffffffff81001234  cr3 0x12345000  xsetbv  XCR0 = 0x7");
    const std::size_t wrmsr = answer.out.find("ia32_efer (0xc0000080) = 0xd01");
    ASSERT_NE(wrmsr, std::string::npos) << answer.out;
    EXPECT_LT(cpuid, xsetbv);
    EXPECT_LT(xsetbv, wrmsr);
    EXPECT_EQ(system.nadir.ends, 1u);
    EXPECT_EQ(system.nadir.filter.kinds, 1u << NADIR_EVENT_CPUID | 1u << NADIR_EVENT_WRMSR | 1u << NADIR_EVENT_XSETBV);
    EXPECT_EQ(system.nadir.filter.range_count, 0u);
    EXPECT_EQ(system.nadir.filter.options, 0u);
}

TEST_F(Trace, WhatComesLater) {
    system.nadir.events.clear();
    system.while_asleep = [this] { system.nadir.events[1].push_back(event_of(NADIR_EVENT_VMX, 1, 18)); };
    const CommandAnswer answer = run_command(system, {"trace", "vmx"});
    EXPECT_THAT(answer.out, HasSubstr("VMCALL"));
}

TEST_F(Trace, WhatCameUntilItIsInterruptedIsShown) {
    system.while_asleep = [this] {
        if (system.naps_until_interrupt == 0) {
            system.nadir.events[1].push_back(event_of(NADIR_EVENT_VMX, 1, 18));
        }
    };
    EXPECT_THAT(run_command(system, {"trace", "vmx"}).out, HasSubstr("VMCALL"));
}

TEST_F(Trace, Counted) {
    const CommandAnswer answer = run_command(system, {"trace", "cpuid", "--count", "2"});
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 2) << answer.out;
    EXPECT_EQ(system.nadir.ends, 1u);
}

TEST_F(Trace, LossesAreSaid) {
    system.nadir.events_lost[0] = 1;
    EXPECT_THAT(run_command(system, {"trace", "cpuid"}).out,
                AllOf(HasSubstr("(1 event of processor 0 lost"), HasSubstr("(processor 0: 1 event seen, 1 lost)"),
                      Not(HasSubstr("(processor 1"))));
    system.naps_until_interrupt = 3;
    EXPECT_THAT(run_command(system, {"trace", "cpuid", "--json"}).out,
                AllOf(HasSubstr(R"({"lost":1,"processor":0})"),
                      HasSubstr(R"({"end":[{"processor":0,"seen":1,"lost":1},{"processor":1,"seen":1,"lost":0},)")));
}

TEST_F(Trace, WhoseTheyAre) {
    system.nadir.process = {1234, 1235, NADIR_PROCESS_KNOWN, 0, "ba\x1bsh"};
    EXPECT_THAT(run_command(system, {"trace", "cpuid"}).out, HasSubstr("cpu 0   ba?sh/1235            rip"));
    system.naps_until_interrupt = 3;
    EXPECT_THAT(run_command(system, {"trace", "cpuid", "--json"}).out,
                HasSubstr(R"("process":{"name":"ba?sh","pid":1234,"tid":1235,"kernel":false})"));
    system.nadir.process = {17, 17, NADIR_PROCESS_KNOWN | NADIR_PROCESS_OF_KERNEL, 0, "kworker/0:1"};
    system.naps_until_interrupt = 3;
    EXPECT_THAT(run_command(system, {"trace", "cpuid"}).out, HasSubstr("cpu 0   [kworker/0:1]/17 "));
}

TEST_F(Trace, AFilterChoosesBeforeTheCount) {
    const CommandAnswer answer =
        run_command(system, {"trace", "cpuid", "wrmsr", "xsetbv", "--where", "msr == efer", "--count", "1"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 1) << answer.out;
    EXPECT_THAT(answer.out, HasSubstr("ia32_efer"));
}

TEST_F(Trace, ABadFilterIsToldBeforeAnythingIsAskedFor) {
    const CommandAnswer answer = run_command(system, {"trace", "wrmsr", "--where", "msr = efer"});
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, HasSubstr("\n  msr = efer\n      ^\n"));
    EXPECT_FALSE(system.nadir.watched);
    EXPECT_EQ(system.nadir.filter.kinds, 0u);
}

TEST_F(Trace, OneProcessor) {
    const CommandAnswer answer = run_command(system, {"trace", "xsetbv", "--cpu", "1"});
    EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 1) << answer.out;
    EXPECT_EQ(run_command(system, {"trace", "xsetbv", "--cpu", "7"}).status, 2);
}

TEST_F(Trace, Json) {
    system.nadir.events[0][1].outcome = NADIR_EXIT_RAISED_GP;
    const CommandAnswer answer = run_command(system, {"trace", "wrmsr", "--json"});
    EXPECT_THAT(answer.out,
                HasSubstr(R"("ticks":1000030,"processor":0,"event":"wrmsr","process":null,"rip":"0xffffffff81001234",)"
                          R"("cr3":"0x12345000","privilege_level":0,"words":["0xc0000080","0xd01","0x0"],)"
                          R"("fields":{"msr":"0xc0000080","value":"0xd01"},)"
                          R"("raised":"#GP","text":"ia32_efer (0xc0000080) = 0xd01"})"));
}

TEST_F(Trace, ChosenMsrs) {
    EXPECT_EQ(
        run_command(system, {"trace", "rdmsr", "--msr", "efer", "--msr", "0x800-0x8ff", "--msr", "msr:0x10"}).status,
        0);
    const nadir_event_filter& filter = system.nadir.filter;
    ASSERT_EQ(filter.range_count, 3u);
    EXPECT_EQ(filter.ranges[0].first, 0xC000'0080);
    EXPECT_EQ(filter.ranges[0].last, 0xC000'0080);
    EXPECT_EQ(filter.ranges[1].first, 0x800u);
    EXPECT_EQ(filter.ranges[1].last, 0x8FFu);
    EXPECT_EQ(filter.ranges[2].first, 0x10u);
    EXPECT_EQ(filter.ranges[2].what, NADIR_RANGE_MSR + 0u);
}

TEST_F(Trace, ChosenLeaves) {
    EXPECT_EQ(run_command(system, {"trace", "cpuid", "--leaf", "0x40000000-0x400000ff", "--leaf", "7"}).status, 0);
    const nadir_event_filter& filter = system.nadir.filter;
    ASSERT_EQ(filter.range_count, 2u);
    EXPECT_EQ(filter.ranges[0].what, NADIR_RANGE_CPUID_LEAF + 0u);
    EXPECT_EQ(filter.ranges[0].first, 0x4000'0000u);
    EXPECT_EQ(filter.ranges[0].last, 0x4000'00FFu);
    EXPECT_EQ(filter.ranges[1].first, 7u);
    EXPECT_EQ(run_command(system, {"trace", "io", "exception", "--vector", "14", "--port", "0x3f8-0x3ff"}).status, 0);
    EXPECT_EQ(filter.ranges[0].what, NADIR_RANGE_IO_PORT + 0u);
    EXPECT_EQ(filter.ranges[0].last, 0x3FFu);
    EXPECT_EQ(filter.ranges[1].what, NADIR_RANGE_EXCEPTION + 0u);
    EXPECT_EQ(filter.ranges[1].first, 14u);
}

TEST_F(Trace, ChosenMemory) {
    EXPECT_EQ(run_command(system, {"trace", "memory", "--write", "0x1000+8", "--read", "0x2000", "--write",
                                   "0x3000-0x3fff", "--execute", "0x4000"})
                  .status,
              0);
    const nadir_event_filter& filter = system.nadir.filter;
    ASSERT_EQ(filter.memory_count, 4u);
    const auto range = [&](unsigned i) {
        const nadir_memory_range& one = filter.memory[i];
        return std::tuple(one.first, one.last, one.access);
    };
    EXPECT_EQ(range(0), std::tuple(0x2000u, 0x2000u, nadir_u32{NADIR_MEMORY_READ}));
    EXPECT_EQ(range(1), std::tuple(0x1000u, 0x1007u, nadir_u32{NADIR_MEMORY_WRITE}));
    EXPECT_EQ(range(2), std::tuple(0x3000u, 0x3FFFu, nadir_u32{NADIR_MEMORY_WRITE}));
    EXPECT_EQ(range(3), std::tuple(0x4000u, 0x4000u, nadir_u32{NADIR_MEMORY_EXECUTE}));
    EXPECT_THAT(run_command(system, {"trace", "memory"}).err, HasSubstr("Which memory?"));
    EXPECT_THAT(run_command(system, {"trace", "cpuid", "--write", "0x1000"}).err, HasSubstr("ask for it, too"));
    EXPECT_THAT(run_command(system, {"trace", "memory", "--write", "0x1000-"}).err, HasSubstr("a number is missing"));
}

TEST(EventWords, OfEveryKind) {
    const auto words = [](nadir_event_kind kind, nadir_u64 first, nadir_u64 second = 0, nadir_u64 third = 0) {
        return tool::describe(event_of(kind, 0, first, second, third));
    };
    EXPECT_EQ(words(NADIR_EVENT_CONTROL_REGISTER, 4, 0x20, 0x10), "CR4 = 0x20, was 0x10");
    EXPECT_EQ(words(NADIR_EVENT_CONTROL_REGISTER, 8 | 1 << 8, 3), "CR8 read = 0x3");
    EXPECT_EQ(words(NADIR_EVENT_CONTROL_REGISTER, 2 << 8, 3, 11), "CR0 by CLTS = 0x3, was 0xb");
    EXPECT_EQ(words(NADIR_EVENT_ADDRESS_SPACE, 0x1000, 0x2000), "CR3 = 0x1000, was 0x2000");
    EXPECT_EQ(words(NADIR_EVENT_DEBUG_REGISTER, 7, 0x400), "DR7 = 0x400");
    EXPECT_EQ(words(NADIR_EVENT_DESCRIPTOR_TABLE, 2, 0x1000), "LGDT at 0x1000");
    EXPECT_EQ(words(NADIR_EVENT_DESCRIPTOR_TABLE, 7, 0x40, 1), "LTR 0x40");
    EXPECT_EQ(words(NADIR_EVENT_MEMORY, 0x1004, 0xFFFF'8880'0000'1004, 0x8004A),
              "write of 8 bytes at 0x1004, linear 0xffff888000001004");
    EXPECT_EQ(words(NADIR_EVENT_MEMORY, 0x1004, 0, 0x10043), "read and write of 1 byte at 0x1004");
    EXPECT_EQ(words(NADIR_EVENT_MEMORY, 0x1004, 0x10, 0x1004C), "execution at 0x1004, linear 0x10");
    EXPECT_EQ(words(NADIR_EVENT_MEMORY, 0x1000, 0x10, 0x80019),
              "read of at most 8 bytes at 0x1000, linear 0x10, on the way through page tables");
    EXPECT_EQ(words(NADIR_EVENT_RDTSC, 1, 0x1234, 5), "RDTSCP = 0x1234, 0x5");
    EXPECT_EQ(words(NADIR_EVENT_RDPMC, 0x4000'0000, 9), "counter 0x40000000, value 0x9");
    EXPECT_EQ(words(NADIR_EVENT_IO, 0x3F8, 1, 0x41), "OUT port 0x3f8, 1 byte: 0x41");
    EXPECT_EQ(words(NADIR_EVENT_IO, 0x1F0, 2 | 0x38), "REP INS port 0x1f0, 2 bytes");
    EXPECT_EQ(words(NADIR_EVENT_EXCEPTION, 14 | 0xB00, 6, 0x7FFF'0000), "#PF, error code 0x6, address 0x7fff0000");
    EXPECT_EQ(words(NADIR_EVENT_EXCEPTION, 3 | 0x600), "#BP");
    EXPECT_EQ(words(NADIR_EVENT_EXCEPTION, 13 | 0xB00 | 0x10000, 8), "#GP, error code 0x8: a double fault");
    EXPECT_EQ(words(NADIR_EVENT_INTERRUPT, 0xEC), "vector 0xec");
    EXPECT_EQ(words(NADIR_EVENT_SYSTEM_CALL, 1, 2, 3), "number 0x1, first 0x2, second 0x3");
    EXPECT_EQ(words(NADIR_EVENT_REGISTERS, 1, 2, 3), "0x1 0x2 0x3") << "of a newer version: the words as they are";
    for (nadir_u32 kind = 0; kind < tool::event_name_count; ++kind) {
        EXPECT_EQ(tool::event_of_name(tool::name_of_event(kind)), kind);
        EXPECT_FALSE(tool::event_fields_of(kind).empty()) << tool::name_of_event(kind);
    }
}

TEST_F(Trace, WrongWords) {
    const CommandAnswer event = run_command(system, {"trace", "cpuidd"});
    EXPECT_EQ(event.status, 2);
    EXPECT_THAT(event.err, AllOf(HasSubstr("There is no event \"cpuidd\""), HasSubstr("Did you mean \"cpuid\"?")));
    EXPECT_THAT(run_command(system, {"trace", "SYSENTER"}).err,
                AllOf(HasSubstr("no control of the processor makes SYSENTER"), HasSubstr("`nadir trace system-call`")));
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"trace"},
             {"trace", "rdmsr", "--msr", "cr4"},
             {"trace", "rdmsr", "--msr", "0x20-0x10"},
             {"trace", "rdmsr", "--msr", "0x100000000"},
             {"trace", "rdmsr", "--msr", "efre"},
             {"trace", "cpuid", "--msr", "efer"},
             {"trace", "rdmsr", "--leaf", "1"},
             {"trace", "cpuid", "--leaf", "seven"},
             {"trace", "cpuid", "--json", "--perfetto", "/dev/null"},
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

TEST_F(Trace, AKindThatIsNotThereYetIsNamed) {
    system.nadir.set_report(NADIR_BAD_ARGUMENT, 0, NADIR_ANY_PROCESSOR, "Nothing was begun.");
    const CommandAnswer answer = run_command(system, {"trace", "cpuid", "rule"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, ((NADIR_EVENTS_BUILT >> NADIR_EVENT_RULE) & 1) != 0
                                ? HasSubstr("Nothing was begun.")
                                : HasSubstr("can't show the event rule yet"));
    EXPECT_THAT(run_command(system, {"trace", "registers"}).err, HasSubstr("There is no event \"registers\""));
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
