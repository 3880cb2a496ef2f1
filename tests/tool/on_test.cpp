// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir on` and `nadir off`.
#include "tests/tool/command_answer.h"
#include "tool/exit_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tool::ExitStatus;

int number(ExitStatus status) { return static_cast<int>(status); }

TEST(On, PassesItsOptions) {
    FakeSystem system;
    const CommandAnswer answer = run_command(system, {"on", "--log-level", "debug", "--com1"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.out, "Nadir is on: 2 processors in VMX non-root operation, 3.0 MiB of memory in use.\n");
    EXPECT_EQ(system.nadir.options.log_level, nadir_u32{NADIR_LEVEL_DEBUG});
    EXPECT_EQ(system.nadir.options.com1, 0x3F8u);
    EXPECT_EQ(system.nadir.options.fail_step, nadir_u32{NADIR_STEP_NONE});
    EXPECT_EQ(system.nadir.options.fail_processor, NADIR_ANY_PROCESSOR);
    run_command(system, {"on", "--fail-step", "7", "--fail-processor", "1"});
    EXPECT_EQ(system.nadir.options.log_level, nadir_u32{NADIR_LEVEL_INFO});
    EXPECT_EQ(system.nadir.options.com1, 0u);
    EXPECT_EQ(system.nadir.options.fail_step, 7u);
    EXPECT_EQ(system.nadir.options.fail_processor, 1u);
}

TEST(On, SpoilsNoHostState) {
    FakeSystem system;
    const CommandAnswer answer = run_command(system, {"on", "--fail-field", "0x6c16", "--fail-value", "1"});
    EXPECT_EQ(answer.status, number(ExitStatus::usage));
    EXPECT_THAT(answer.err, HasSubstr("--fail-field 0x6c16 is of the host-state area"));
    EXPECT_EQ(system.nadir.options.fail_value, 0u) << "it was never asked";
    EXPECT_EQ(run_command(system, {"on", "--fail-field", "0x4816", "--fail-value", "1"}).status, 0);
    EXPECT_EQ(system.nadir.options.fail_field, 0x4816u);
}

TEST(On, SaysWhyNot) {
    FakeSystem system;
    system.nadir.set_report(NADIR_LOCKED_OFF, NADIR_STEP_CHECK_PROCESSOR, 1,
                            "IA32_FEATURE_CONTROL is 0x1. Change a setting.");
    CommandAnswer answer = run_command(system, {"on"});
    EXPECT_EQ(answer.status, number(ExitStatus::failed));
    EXPECT_TRUE(answer.out.empty());
    EXPECT_THAT(answer.err, HasSubstr("the machine is as it was"));
    EXPECT_THAT(answer.err, HasSubstr("the firmware has locked VMX off at step 4 (check the processor) on processor 1: "
                                      "IA32_FEATURE_CONTROL is 0x1. Change a setting."));
    answer = run_command(system, {"on", "--json"});
    EXPECT_EQ(answer.status, number(ExitStatus::failed));
    EXPECT_EQ(answer.json()["report"]["status"], NADIR_LOCKED_OFF);
    EXPECT_EQ(answer.json()["report"]["processor"], 1);
    EXPECT_EQ(answer.json()["report"]["detail"].size(), 4u);

    // After a failure that Nadir couldn't be turned off for.
    system.nadir.set_report(NADIR_PROCESSOR_LOST, NADIR_STEP_NONE, 1, "It stays on.");
    answer = run_command(system, {"on"});
    EXPECT_THAT(answer.err, Not(HasSubstr("the machine is as it was")));
    EXPECT_THAT(answer.err, HasSubstr("can't be turned off"));
}

TEST(OnAndOff, TwiceHasItsOwnStatus) {
    FakeSystem system;
    system.nadir.report.status = NADIR_ALREADY_ON;
    EXPECT_EQ(run_command(system, {"on"}).status, number(ExitStatus::already));
    EXPECT_THAT(run_command(system, {"on"}).err, HasSubstr("already on"));
    system.nadir.report.status = NADIR_ALREADY_OFF;
    EXPECT_EQ(run_command(system, {"off"}).status, number(ExitStatus::already));
    EXPECT_EQ(run_command(system, {"off", "--json"}).json()["report"]["status_text"], "Nadir is already off");
}

TEST(OnAndOff, ReportsOfOtherVersionsAndDamagedText) {
    FakeSystem system;
    system.nadir.report.status = NADIR_BAD_VERSION;
    EXPECT_EQ(run_command(system, {"on"}).status, number(ExitStatus::wrong_version));
    system.nadir.report.status = 4711;
    std::memset(system.nadir.report.text, 'x', sizeof(system.nadir.report.text));
    const CommandAnswer answer = run_command(system, {"off"});
    EXPECT_EQ(answer.status, number(ExitStatus::failed));
    EXPECT_THAT(answer.err, HasSubstr("an unknown status: xxx"));
    std::memset(system.nadir.report.text, 0xFF, sizeof(system.nadir.report.text)); // not UTF-8
    EXPECT_EQ(run_command(system, {"off", "--json"}).json()["report"]["status"], 4711);
}

} // namespace
} // namespace nadir::test
