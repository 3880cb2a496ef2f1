// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir gdb`: the port, who else has it, and what to do when Nadir is on already.
#include "tests/tool/command_answer.h"
#include "tool/linux/serial.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Gdb : public ::testing::Test {
protected:
    Gdb() { system.nadir.state.active = 0; }
    CommandAnswer run(std::vector<std::string> words = {}) {
        words.insert(words.begin(), "gdb");
        return run_command(system, words);
    }
    FakeSystem system;
};

TEST_F(Gdb, StartsNadirWithADebugger) {
    const CommandAnswer answer = run();
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(system.nadir.options.gdb_port, 0x2F8u);
    EXPECT_EQ(system.nadir.options.hook_pages, 64u);
    EXPECT_THAT(answer.out, AllOf(HasSubstr("Nadir is on"), HasSubstr("listens at com2 (0x2f8)"),
                                  HasSubstr("gdb kernel.elf"), Not(HasSubstr("driver"))));
    EXPECT_EQ(run({"--json"}).json()["command"], "on");
}

TEST_F(Gdb, TakesPortsByNameAndNumber) {
    for (const auto& [word, port] :
         {std::pair("com1", 0x3F8u), std::pair("com4", 0x2E8u), std::pair("com2", 0x2F8u), std::pair("com3", 0x3E8u),
          std::pair("0x1000", 0x1000u), std::pair("0XFFF8", 0xFFF8u), std::pair("760", 0x2F8u)}) {
        EXPECT_EQ(run({"--port", word}).status, 0) << word;
        EXPECT_EQ(system.nadir.options.gdb_port, port) << word;
    }
    EXPECT_THAT(run({"--port", "4096"}).out, HasSubstr("listens at 0x1000, "));
    for (const char* word : {"com5", "0", "0xfff9", "0x", "2f8", "ttyS1", ""}) {
        const CommandAnswer answer = run({"--port", word});
        EXPECT_EQ(answer.status, 2) << word;
        EXPECT_THAT(answer.err, AllOf(HasSubstr("There is no serial port"), HasSubstr("com1, com2"))) << word;
    }
    EXPECT_EQ(run({"--hook-pages", "513"}).status, 2);
    EXPECT_EQ(run({"--hook-pages", "7"}).status, 0);
    EXPECT_EQ(system.nadir.options.hook_pages, 7u);
}

TEST_F(Gdb, RefusesAPortThatIsUsed) {
    system.serial.name = "ttyS1";
    system.serial.user = "agetty (process 412) has it open";
    const CommandAnswer answer = run();
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err,
                AllOf(HasSubstr("The system uses com2 (0x2f8) itself, as ttyS1: agetty (process 412) has it open."),
                      HasSubstr("--force")));
    EXPECT_EQ(system.nadir.options.gdb_port, 0u);
    EXPECT_EQ(run({"--force"}).status, 0);
    EXPECT_EQ(system.nadir.options.gdb_port, 0x2F8u);
}

TEST_F(Gdb, SaysThatADriverIsThere) {
    system.serial.name = "ttyS1";
    EXPECT_THAT(run().out, HasSubstr("has a driver for this port (ttyS1). Nobody has it open"));
    EXPECT_EQ(run({"--json"}).json()["command"], "on"); // and nothing else
}

TEST_F(Gdb, RefusesAPortWithoutUart) {
    system.serial.absent = true;
    EXPECT_THAT(run({"--port", "com3"}).err, AllOf(HasSubstr("There is no UART at com3 (0x3e8)"),
                                                   HasSubstr("`nadir gdb --port`"), HasSubstr("--force")));
    EXPECT_EQ(run({"--force"}).status, 0);
}

TEST_F(Gdb, SaysWhatToDoWhenNadirIsOn) {
    system.nadir.state.active = 1;
    EXPECT_EQ(run().status, 6);
    EXPECT_THAT(run().err, AllOf(HasSubstr("already on, without a debugger"), HasSubstr("`nadir off`, and then")));
    system.nadir.state.gdb_port = 0x2F8;
    EXPECT_EQ(run().status, 6);
    EXPECT_THAT(run().err, AllOf(HasSubstr("its debugger listens at com2"), HasSubstr("Let GDB attach")));
    EXPECT_THAT(run({"--port", "com1"}).err, AllOf(HasSubstr("its debugger listens at com2"), HasSubstr("and then")));
    EXPECT_EQ(system.nadir.options.gdb_port, 0u);
}

// Whoever has the port then: it is our own debugger.
TEST_F(Gdb, LooksWhetherNadirIsOnBeforeItLooksAtThePort) {
    system.nadir.state.active = 1;
    system.nadir.state.gdb_port = 0x2F8;
    system.serial.absent = true;
    EXPECT_EQ(run().status, 6);
}

TEST_F(Gdb, SaysNothingOfADebuggerWhereNadirDidNotStart) {
    system.nadir.set_report(NADIR_GDB_UNSUPPORTED, NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR, "no VMX-preemption timer");
    const CommandAnswer answer = run();
    EXPECT_NE(answer.status, 0);
    EXPECT_THAT(answer.out + answer.err, AllOf(HasSubstr("no VMX-preemption timer"), Not(HasSubstr("listens"))));
}

TEST_F(Gdb, StatusShowsThePort) {
    EXPECT_THAT(run_command(system, {"status"}).out, Not(HasSubstr("debugger")));
    EXPECT_EQ(run_command(system, {"status", "--json"}).json()["gdb_port"], 0);
    system.nadir.state.gdb_port = 0x2F8;
    EXPECT_THAT(run_command(system, {"status"}).out, HasSubstr("listens at com2 (0x2f8)"));
    EXPECT_EQ(run_command(system, {"status", "--json"}).json()["gdb_port"], 0x2F8);
}

TEST(SerialDriver, WhoHasItOpen) {
    const TemporaryFile line("");
    const TemporaryFile another("");
    EXPECT_EQ(tool::who_has_open(line.path()), "");
    const std::ifstream mine(another.path());
    EXPECT_EQ(tool::who_has_open(line.path()), "");
    std::string name;
    std::ifstream("/proc/self/comm") >> name;
    EXPECT_EQ(tool::who_has_open(another.path()), name + " (process " + std::to_string(::getpid()) + ")");
}

TEST(SerialDriver, LinesByPort) {
    const std::string driver = "serinfo:1.0 driver revision:\n"
                               "0: uart:16550A port:000003F8 irq:4 tx:11 rx:0 RTS|CTS|DTR|DSR|CD\n"
                               "1: uart:unknown port:000002F8 irq:3\n"
                               "12: uart:16550A port:000003E8 irq:4 tx:0 rx:0\n"
                               "13: uart:16550A mmio:0x000002E8 irq:4 tx:0 rx:0\n";
    EXPECT_EQ(tool::line_at(driver, 0x3F8), 0u);
    EXPECT_EQ(tool::line_at(driver, 0x2F8), std::nullopt);
    EXPECT_EQ(tool::line_at(driver, 0x3E8), 12u);
    EXPECT_EQ(tool::line_at(driver, 0x2E8), std::nullopt);
    EXPECT_EQ(tool::line_at("", 0x3F8), std::nullopt);
}

} // namespace
} // namespace nadir::test
