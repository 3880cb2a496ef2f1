// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The filters of `nadir trace --where`.
#include "tool/definitions/names.h"
#include "tool/exit_status.h"
#include "tool/trace/where.h"
#include "tool/trace/where_fields.h"

#include "control/exit_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using tool::Failure;
using tool::SeenEvent;
using tool::Where;
using tool::WhereScope;

constexpr WhereScope everything{0xFFFF'FFFF, true};

// WRMSR of EFER = 0xD01, of bash.
SeenEvent wrmsr() {
    SeenEvent one{};
    one.processor = 1;
    one.event.kind = NADIR_EVENT_WRMSR;
    one.event.outcome = NADIR_EXIT_RAISED_GP;
    one.event.rip = 0xFFFF'FFFF'8100'1234;
    one.event.privilege_level = 3;
    one.event.word[0] = 0xC000'0080;
    one.event.word[1] = 0xD01;
    one.process = {1234, 1235, NADIR_PROCESS_KNOWN, 0, "bash"};
    one.registers = tool::EventRegisters{7};
    return one;
}

bool matches(std::string_view filter, const SeenEvent& one = wrmsr()) {
    try {
        return Where(filter, everything).matches(one);
    } catch (const Failure& failure) {
        ADD_FAILURE() << filter << ": " << failure.what();
        return false;
    }
}

std::string error_of(std::string_view filter, const WhereScope& scope = everything) {
    try {
        const Where where(filter, scope);
        ADD_FAILURE() << filter << " was understood";
        return {};
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.status(), tool::ExitStatus::usage);
        return std::string(failure.what()) + "\n" + failure.advice();
    }
}

TEST(Where, True) {
    for (const std::string_view filter : {
             "msr == efer",
             "efer == msr",
             "msr == IA32_EFER",
             "msr == 0xc0000080",
             "msr == 3221225600",
             "value == 0xd01",
             "value & 1",
             "value & 0x100 == 0x100",
             "value & 0xF00 & 0x100",
             "value < 0xd02",
             "value <= 0xd01",
             "value > 1",
             "value >= 3329",
             "value != 0",
             "event == wrmsr",
             "event != control-register",
             "process == bash",
             "process == \"bash\"",
             "process == 'bash'",
             "'bash' == process",
             "process != sh",
             "pid == 1234 && tid == 1235",
             "processor == 1",
             "cpl == 3",
             "rip > 0xffff800000000000",
             "raised == \"#GP\"",
             "rax == 7",
             "not value & 2",
             "!(value & 2)",
             "not not cpl",
             "cpl == 0 or cpl == 3",
             "cpl == 0 || cpl == 3",
             "(cpl)",
             "cpl == 3 and (msr == lstar or msr == efer)",
             // `and` binds closer.
             "cpl == 3 or cpl == 0 and cpl == 1",
             "1",
             // What isn't there is neither equal nor unequal.
             "not leaf == 7",
             "not leaf != 7",
             "not leaf",
             "not leaf & 1",
         }) {
        EXPECT_TRUE(matches(filter)) << filter;
    }
}

TEST(Where, False) {
    for (const std::string_view filter : {
             "msr == lstar",
             "value & 2",
             "value < 0xd01",
             "value > 0xd01",
             "event == cpuid",
             "process == sh",
             "leaf == 7",
             "leaf != 7",
             "leaf",
             "0",
             "not cpl",
             "cpl == 0 and cpl == 3",
             "(cpl == 3 or cpl == 0) and cpl == 1",
             "raised == \"#UD\"",
             "value & 0x100 == 1",
             "not (cpl == 3)",
             "not cpl == 3",
         }) {
        EXPECT_FALSE(matches(filter)) << filter;
    }
}

TEST(Where, WhatIsNotKnownIsNotEqual) {
    SeenEvent one = wrmsr();
    one.process = {};
    one.registers.reset();
    for (const std::string_view filter :
         {"pid == 0", "pid != 0", "process == ''", "process != 'x'", "rax == 7", "rax != 7"}) {
        EXPECT_FALSE(matches(filter, one)) << filter;
    }
}

TEST(Where, ErrorsPointAtThePlace) {
    const struct {
        std::string_view filter, place, words;
    } cases[] = {
        {"msr = efer", "    ^", "Two of them compare: =="},
        {"msrr == efer", "^^^^", "Did you mean \"msr\""},
        {"msr == efre", "       ^^^^", "Did you mean"},
        {"event == cpuidd", "         ^^^^^^", "Did you mean \"cpuid\""},
        {"event == efer", "         ^^^^", "no event"},
        {"", "^", "nothing in this filter"},
        {"   ", "   ^", "nothing in this filter"},
        {"cpl ==", "      ^", "missing"},
        {"and cpl", "^^^", "missing"},
        {"cpl and", "       ^", "missing"},
        {"(cpl", "^", "never closed"},
        {"(cpl 1", "     ^", "closing parenthesis"},
        {"cpl)", "   ^", "one word too many"},
        {"cpl 3", "    ^", "one word too many"},
        {"process == \"bash", "           ^", "never closed"},
        {"process", "^^^^^^^", "no condition"},
        {"event and cpl", "^^^^^", "no condition"},
        {"efer", "^^^^", "no condition"},
        {"process < \"b\"", "        ^", "only equal"},
        {"process == 3", "        ^^", "never equal"},
        {"process & 3", "        ^", "for numbers"},
        {"(cpl == 3) == 1", "           ^^", "can't be compared"},
        {"(cpl == 3) & 1", "           ^", "for numbers"},
        {"0 < cpl < 3", "        ^", "one comparison at a time"},
        {"cpl == 0x", "       ^^", "no number"},
        {"cpl == 12ab", "       ^^^^", "no number"},
        {"cpl == 0x10000000000000000", "       ^^^^^^^^^^^^^^^^^^^", "64 bits"},
        {"cpl == 3 | cpl", "         ^", "||"},
        {"cpl \x01\xff", "    ^", "means nothing"},
        {"foo == bar", "^^^", "no field and no MSR"},
    };
    for (const auto& one : cases) {
        const std::string error = error_of(one.filter);
        EXPECT_THAT(error, HasSubstr("\n  " + std::string(one.place) + "\n")) << one.filter << "\n" << error;
        EXPECT_THAT(error, HasSubstr(std::string(one.words))) << one.filter;
    }
}

TEST(Where, AFieldThatNoEventHasIsAnError) {
    const WhereScope cpuid{1u << NADIR_EVENT_CPUID, false};
    EXPECT_THAT(error_of("msr == efer", cpuid), HasSubstr("only rdmsr, wrmsr has msr"));
    EXPECT_THAT(error_of("rax == 1", cpuid), HasSubstr("rax needs --registers"));
    EXPECT_NO_THROW(Where("leaf == 1 and process != \"x\"", cpuid));
}

TEST(Where, NoFieldHidesAnMsr) {
    for (const std::string_view name : tool::all_field_names()) {
        const arch::Definition* same = tool::find_by_name(name);
        EXPECT_TRUE(same == nullptr || same->kind != arch::DefinitionKind::msr) << name;
    }
}

TEST(Where, DepthAndLengthAreBounded) {
    EXPECT_TRUE(matches(std::string(90, '(') + "1" + std::string(90, ')')));
    EXPECT_THAT(error_of(std::string(2000, '(')), HasSubstr("levels deep"));
    EXPECT_THAT(error_of(std::string(2000, '!') + "1"), HasSubstr("levels deep"));
    EXPECT_THAT(error_of(std::string(5000, ' ')), HasSubstr("at most"));
    std::string chain = "cpl";
    while (chain.size() < 4000) {
        chain += " or 0";
    }
    EXPECT_TRUE(matches(chain));
}

} // namespace
} // namespace nadir::test
