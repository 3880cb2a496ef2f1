// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir report`: what is in it, and what must not be.
#include "tests/tool/fake_system.h"
#include "tool/bug_report/scrubber.h"
#include "tool/capability_json.h"
#include "tool/commands.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t text_begin = 0xFFFF'FFFF'A3C0'0000;
constexpr std::uint64_t module_begin = 0xFFFF'FFFF'C05F'D000;

tool::Scrubber scrubber() {
    return tool::Scrubber({text_begin, module_begin, 0x18000},
                          {"kestrel.example.org", "kestrel", "mallory", "root", "a"});
}

TEST(Scrubber, KernelCodeGoesWhereItIsWithoutRandomisation) {
    EXPECT_EQ(scrubber().moved(text_begin + 0x1234), 0xFFFF'FFFF'8100'1234);
    EXPECT_EQ(scrubber().moved(module_begin + 0x17FFF), 0xFFFF'FFFF'C001'7FFF);
    EXPECT_EQ(scrubber().moved(module_begin + 0x18ABC), 0xFFFF'FFFF'D000'0ABC) << "another module";
    EXPECT_EQ(tool::Scrubber({}, {}).moved(text_begin + 0x1234), 0xFFFF'FFFF'D000'0234) << "nobody knows where it is";
}

TEST(Scrubber, OfOtherAddressesTheKindIsLeft) {
    EXPECT_EQ(scrubber().moved(0xFFFF'9A3B'4C5D'6E7F), 0xFFFF'8880'0000'0E7F);
    EXPECT_EQ(scrubber().moved(0xFFFF'FE12'3456'7890), 0xFFFF'8880'0000'0890) << "cpu_entry_area";
    EXPECT_EQ(scrubber().moved(0xFF11'0000'1234'5678), 0xFFFF'8880'0000'0678) << "five levels";
    EXPECT_EQ(scrubber().moved(0x55AB'1234'5678), 0x5555'5555'4678);
    EXPECT_EQ(scrubber().moved(0x7FFC'1234'5678), 0x5555'5555'4678);
}

TEST(Scrubber, WhatIsNoAddressStays) {
    for (const std::uint64_t value :
         {std::uint64_t{0}, std::uint64_t{0x40'1000}, std::uint64_t{0xFEC0'0000}, std::uint64_t{0x1'2345'6000},
          ~std::uint64_t{0}, std::uint64_t{0xFFFF'FFFF'FF60'0000}}) {
        EXPECT_EQ(scrubber().moved(value), value);
    }
}

TEST(Scrubber, AddressesInText) {
    EXPECT_EQ(scrubber().without_addresses("RIP 0xffffffffa3c01234, CR2 ffff9a3b4c5d6e7f, 0x00007ffc12345678."),
              "RIP 0xffffffff81001234, CR2 ffff888000000e7f, 0x0000555555554678.");
    EXPECT_EQ(scrubber().without_addresses("123456789012345678901 0xfee00000 deadbeef"),
              "123456789012345678901 0xfee00000 deadbeef");
    EXPECT_EQ(scrubber().without_addresses("RIP FFFFFFFFA3C01234"), "RIP ffffffff81001234");
}

TEST(Scrubber, HalvesOfAddresses) {
    EXPECT_EQ(scrubber().without_addresses("WRMSR: ia32_lstar (0xc0000082), EAX 0xa3c01234"),
              "WRMSR: ia32_lstar (0xc0000082), EAX [left out]");
    EXPECT_EQ(scrubber().without_addresses(
                  "VM exit 3: reason 32 (WRMSR), RIP 0x1, qualification 0x0, detail 0xa3c01234c0000082"),
              "VM exit 3: reason 32 (WRMSR), RIP 0x1, qualification 0x0, detail [left out]");
}

TEST(Scrubber, Names) {
    EXPECT_EQ(scrubber().without_names("kestrel: mallory at kestrel.example.org, root; mallory2, a"),
              "[name]: [name] at [name], root; mallory2, a");
    EXPECT_EQ(scrubber().without_names("52:54:00:AB:cd:ef 192.168.17.4 fe80::5054:ff:fe12:3456 me@example.org"),
              "[MAC] [IP] [IP] [mail]");
    EXPECT_EQ(scrubber().without_names("UUID 123e4567-e89b-12d3-a456-426614174000"), "UUID [identifier]");
    EXPECT_EQ(scrubber().without_names("at 12:34:56.789, 6.1.0-25, CPUID.7.0:EBX\nimage+1234\n"),
              "at 12:34:56.789, 6.1.0-25, CPUID.7.0:EBX\nimage+1234\n");
}

class BugReport : public ::testing::Test {
protected:
    FakeSystem system;
    std::ostringstream out;
    std::ostringstream err;

    BugReport() {
        system.naps_until_interrupt = -1;
        system.machine.facts = {{"kernel", "6.1.0-25-amd64"}};
        system.machine.private_facts = {{"host name", "kestrel"}, {"kernel command line", "root=/dev/secret"}};
        system.machine.names = {"kestrel", "mallory"};
        system.machine.kernel = {text_begin, module_begin, 0x18000};
        system.machine.messages = {"[    1.000000] nadir: mallory of kestrel at 10.1.2.3, RIP ffffffffa3c01234"};
        system.nadir.process = {1, 1, NADIR_PROCESS_KNOWN, 0, "secretd"};
        system.nadir.hooks = {
            {{text_begin + 0xD00D, 0, NADIR_HOOK_BREAKPOINT, 0}, 0x100'D00D, 5, 0, 0, NADIR_HOOK_STAYS}};
        nadir_recorder_request& recorder = system.nadir.recorder[0];
        recorder.state = NADIR_PROCESSOR_ON;
        recorder.begun = 1;
        recorder.count = 1;
        recorder.records[0].rip = text_begin + 0xBEEF;
        recorder.records[0].reason = 10;
        recorder.records[0].outcome = NADIR_EXIT_ADVANCED;
        nadir_vmcs& failed = system.nadir.vmcs[NADIR_ANY_PROCESSOR];
        failed.source = NADIR_VMCS_FAILED_ENTRY;
        failed.exit_reason = 0x80000021;
        failed.count = 1;
        failed.fields[0] = {0x681E, 0, text_begin + 0xCAFE}; // RIP
    }

    int run(std::vector<const char*> words) {
        words.insert(words.begin(), "nadir");
        out.str("");
        err.str("");
        return tool::run(system, static_cast<int>(words.size()), words.data(), out, err);
    }
};

TEST_F(BugReport, HasWhatABugReportNeeds) {
    EXPECT_EQ(run({"report"}), 0);
    for (const char* words : {"nadir report 1\n",
                              "=== Versions ===",
                              "control version",
                              "6.1.0-25-amd64",
                              "=== Status ===",
                              "Nadir is on: 2 of 2",
                              "=== VM exits ===",
                              "10 CPUID",
                              "=== Rules ===",
                              "=== Hooks ===",
                              "  stays        0xffffffff8100d00d",
                              "=== Log ===",
                              "=== Kernel messages ===",
                              "[    1.000000] nadir: [name] of [name] at [IP], RIP ffffffff81001234",
                              "=== The last VM exits ===",
                              "0xffffffff8100beef",
                              "=== The last VM entry that failed ===",
                              "nadir vmcs dump 1",
                              "guest_rip = 0xffffffff8100cafe",
                              "=== Capabilities ===",
                              "=== Capabilities as JSON ===",
                              "=== End ==="}) {
        EXPECT_THAT(out.str(), HasSubstr(words));
    }
}

TEST_F(BugReport, HasNothingPrivate) {
    EXPECT_EQ(run({"report"}), 0);
    for (const char* words : {"kestrel", "mallory", "10.1.2.3", "secret", "a3c0", "c05fd"}) {
        EXPECT_THAT(out.str(), Not(HasSubstr(words)));
    }
}

TEST_F(BugReport, UnlessThatIsWanted) {
    EXPECT_EQ(run({"report", "--private"}), 0);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("PRIVATE"), HasSubstr("kestrel"), HasSubstr("root=/dev/secret"),
                                 HasSubstr("0xffffffffa3c0beef")));
}

TEST_F(BugReport, CapabilitiesAreExact) {
    EXPECT_EQ(run({"caps", "--json"}), 0);
    const std::string caps = out.str();
    EXPECT_EQ(run({"report"}), 0);
    EXPECT_THAT(out.str(), HasSubstr(caps)) << "`caps --from` can be given them";
}

TEST_F(BugReport, IsThereWithoutTheModule) {
    system.loaded = false;
    EXPECT_EQ(run({"report"}), 0);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("=== Status ===\n(Not here: no module load it)"),
                                 HasSubstr("=== Capabilities ===\n"), HasSubstr("=== End ===")));
}

TEST_F(BugReport, APageThatCannotBeMadeLeavesItsFileAlone) {
    system.loaded = false;
    const std::string name = ::testing::TempDir() + "nadir-page-" + std::to_string(::getpid());
    EXPECT_NE(run({"report", "--html", name.c_str()}), 0);
    EXPECT_FALSE(std::filesystem::exists(name));
    std::ofstream(name) << "an earlier page";
    EXPECT_NE(run({"report", "--html", name.c_str()}), 0);
    std::ostringstream still_there;
    still_there << std::ifstream(name).rdbuf();
    EXPECT_EQ(still_there.str(), "an earlier page");
    std::filesystem::remove(name);
}

TEST_F(BugReport, BadWords) {
    EXPECT_EQ(run({"report", "--output", "/does/not/exist/report"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("/does/not/exist/report"));
    EXPECT_EQ(run({"report", "--seconds", "3"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("--html"));
    EXPECT_EQ(run({"report", "--html", "/does/not/exist/page"}), 2);
    EXPECT_EQ(run({"report", "--html", "x", "--output", "y"}), 2);
    EXPECT_EQ(run({"report", "--html", "/dev/null", "--events", "cpuit"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("cpuid"));
}

} // namespace
} // namespace nadir::test
