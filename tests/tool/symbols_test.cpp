// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir symbols`, and the table of symbols beneath it.
#include "tests/tool/command_answer.h"
#include "tool/symbols/symbols.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tool::Symbols;

// As /proc/kallsyms has them: neither sorted nor unique, and modules behind a tab.
constexpr const char* kallsyms = "ffffffff81000000 T _text\n"
                                 "ffffffff81000000 T startup_64\n"
                                 "ffffffff81000000 t local_start\n"
                                 "ffffffff81200000 T vfs_read\n"
                                 "ffffffff81200400 t read_one\n"
                                 "ffffffff81200300 T vfs_write\n"
                                 "ffffffff82000000 D jiffies\n"
                                 "ffffffffc0001000 t read_one\t[example]\n"
                                 "ffffffffc0001040 t handler\t[example]\n";

Symbols example() { return {kallsyms, "/proc/kallsyms"}; }

std::string failure_of(const std::string& text) {
    try {
        const Symbols symbols(text, "the file");
    } catch (const tool::Failure& failure) {
        return std::string(failure.what()) + "|" + failure.advice();
    }
    return "none";
}

TEST(SymbolTable, FindsAllOfAName) {
    const Symbols symbols = example();
    const auto one = symbols.find("vfs_read");
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0]->address, 0xffffffff81200000u);
    EXPECT_EQ(one[0]->type, 'T');
    EXPECT_EQ(one[0]->module, "");
    const auto several = symbols.find("read_one");
    ASSERT_EQ(several.size(), 2u);
    EXPECT_EQ(several[1]->module, "example");
    ASSERT_EQ(symbols.find("example:read_one").size(), 1u);
    EXPECT_EQ(symbols.find("example:read_one")[0]->address, 0xffffffffc0001000u);
    ASSERT_EQ(symbols.find("kernel:read_one").size(), 1u);
    EXPECT_EQ(symbols.find("kernel:read_one")[0]->address, 0xffffffff81200400u);
    EXPECT_TRUE(symbols.find("vfs").empty() && symbols.find("other:read_one").empty() && symbols.find("").empty());
}

TEST(SymbolTable, KnowsWhereAnAddressLies) {
    const Symbols symbols = example();
    EXPECT_EQ(words_of(symbols, 0xffffffff81200000), "vfs_read");
    EXPECT_EQ(words_of(symbols, 0xffffffff812002ff), "vfs_read+0x2ff");
    EXPECT_EQ(words_of(symbols, 0xffffffff81200300), "vfs_write");
    EXPECT_EQ(words_of(symbols, 0xffffffffc0001041), "handler+0x1 [example]");
    EXPECT_EQ(words_of(symbols, 0xffffffff81000005), "_text+0x5")
        << "of several the first one of those that are global code";
    EXPECT_EQ(words_of(symbols, 0xffffffff80ffffff), "0xffffffff80ffffff") << "before all";
    EXPECT_EQ(words_of(symbols, 0xffffffffd0001041), "0xffffffffd0001041") << "far behind all";
    EXPECT_FALSE(Symbols().at(0x1000).has_value());
}

TEST(SymbolTable, SuggestsWhatIsNear) {
    EXPECT_THAT(example().near_names("vfs_raed"), testing::Contains("vfs_read"));
    EXPECT_THAT(example().near_names("example:handlr"), testing::Contains("handler"));
    EXPECT_THAT(example().near_names("star"), testing::Contains("startup_64")) << "however much is missing";
}

TEST(SymbolTable, ReadsWhatNmPrints) {
    const Symbols symbols("                 U printk\n                 w weak_one\n0000000000001000 T main\r\n\n",
                          "nm");
    ASSERT_EQ(symbols.all().size(), 1u);
    EXPECT_EQ(symbols.all()[0].name, "main");
}

// What is made of a PDB.
TEST(SymbolTable, HasNamesOfCpp) {
    const Symbols symbols("fffff80000001000 T nadir::on\t[nadir]\r\n"
                          "fffff80000001010 T operator new[]\t[nadir]\n"
                          "fffff80000001020 T std::array<int, 2>::at [nadir]\n"
                          "fffff80000002000 T NtOpenFile\n"
                          "fffff80000003000 E operator new[]\n",
                          "a PDB");
    ASSERT_EQ(symbols.find("nadir::on").size(), 1u);
    EXPECT_EQ(symbols.find("nadir::on")[0]->module, "nadir");
    EXPECT_EQ(symbols.find("NADIR!nadir::on").size(), 1u) << "case means nothing in a module's name";
    EXPECT_EQ(symbols.find("nadir:nadir::on").size(), 1u);
    EXPECT_EQ(symbols.find("operator new[]").size(), 2u);
    EXPECT_EQ(symbols.find("nt!operator new[]").size(), 1u);
    EXPECT_EQ(symbols.find("std::array<int, 2>::at").size(), 1u);
    EXPECT_EQ(symbols.find("nt!NtOpenFile").size(), 1u);
    EXPECT_TRUE(symbols.find("hal!NtOpenFile").empty() && symbols.find("nt!nadir::on").empty());
    EXPECT_THAT(symbols.near_names("nadir!nadir::onn"), testing::Contains("nadir::on"));
}

TEST(SymbolTable, SaysWhatIsWrong) {
    EXPECT_THAT(failure_of("ffffffff81000000 T _text\nhello\n"),
                HasSubstr("the file, line 2: \"hello\" is no symbol|Each line"));
    EXPECT_THAT(failure_of("ffffffff81000000 T\n"), HasSubstr("line 1"));
    EXPECT_THAT(failure_of("ffffffff8100000g T a\n"), HasSubstr("line 1"));
    EXPECT_THAT(failure_of("ffffffff81000000 TT a\n"), HasSubstr("line 1"));
    EXPECT_THAT(failure_of("\x1B[2J\a\n"), HasSubstr("line 1: \"?[2J?\" is no symbol"))
        << "nothing that a terminal obeys";
    EXPECT_THAT(failure_of(""), HasSubstr("has no symbols"));
    EXPECT_THAT(failure_of("0000000000000000 T _text\n0000000000000000 t other\n"),
                testing::AllOf(HasSubstr("every address as zero"), HasSubstr("kptr_restrict")));
}

TEST(SymbolTable, Patterns) {
    EXPECT_TRUE(tool::fits("vfs_read", "vfs_*") && tool::fits("vfs_read", "*read") && tool::fits("vfs_read", "v*s*d"));
    EXPECT_TRUE(tool::fits("vfs_read", "vfs_rea?") && tool::fits("vfs_read", "vfs_read*") && tool::fits("aab", "*ab"));
    EXPECT_FALSE(tool::fits("vfs_read", "vfs") || tool::fits("vfs_read", "vfs_read?") ||
                 tool::fits("vfs_read", "*write"));
}

TEST(SymbolsCommand, PrintsWhatWasAskedFor) {
    FakeSystem system;
    system.symbols = {kallsyms, "/proc/kallsyms"};
    EXPECT_EQ(run_command(system, {"symbols", "vfs_read", "0xffffffff81200310", "vfs_w*"}).out,
              "ffffffff81200000 T vfs_read\nffffffff81200310 T vfs_write+0x10\nffffffff81200300 T vfs_write\n");
    const auto json = run_command(system, {"symbols", "ffffffffc0001048", "--json"}).json()["symbols"];
    ASSERT_EQ(json.size(), 1u);
    EXPECT_EQ(json[0], (nlohmann::json{{"asked", "ffffffffc0001048"},
                                       {"address", "0xffffffffc0001048"},
                                       {"name", "handler"},
                                       {"offset", 8},
                                       {"type", "t"},
                                       {"module", "example"}}));
    EXPECT_EQ(run_command(system, {"symbols", "--json"}).json()["symbols"].size(), 9u);
}

TEST(SymbolsCommand, AsksForTheModulesThatAreNamed) {
    FakeSystem system;
    system.symbols = {"fffff80000002000 T NtOpenFile\nfffff80000003000 E ReadPort\t[hal]\n", "a test",
                      "Set a variable."};
    EXPECT_EQ(run_command(system, {"symbols", "nt!Nt*", "HAL!Read?ort"}).out,
              "fffff80000002000 T NtOpenFile\nfffff80000003000 E ReadPort [hal]\n");
    EXPECT_THAT(system.modules_asked, ElementsAre("nt", "HAL"));
    EXPECT_EQ(run_command(system, {"symbols", "nt!NtOpenFile", "ReadPort"}).status, 0);
    EXPECT_THAT(system.modules_asked, ElementsAre()) << "a bare name may be in any";
    EXPECT_EQ(run_command(system, {"symbols", "nt!Read*"}).status, 1);
    EXPECT_THAT(run_command(system, {"symbols", "nt!NtOpenFil"}).err,
                HasSubstr("Did you mean \"NtOpenFile\"?\nSet a variable."));
    // The other commands that take names.
    EXPECT_THAT(run_command(system, {"hook", "nt!NtOpenFil", "--redirect", "hal!x"}).err, HasSubstr("Set a variable."));
    EXPECT_THAT(system.modules_asked, ElementsAre("nt", "hal"));
    EXPECT_THAT(run_command(system, {"memory", "read", "hal!ReadPor"}).err, HasSubstr("Set a variable."));
    EXPECT_THAT(system.modules_asked, ElementsAre("hal"));
}

TEST(SymbolsCommand, TakesThemFromAFile) {
    const TemporaryFile map("ffffffff90000000 T other_kernel\n");
    FakeSystem system;
    EXPECT_EQ(run_command(system, {"symbols", "--symbols", map.path()}).out, "ffffffff90000000 T other_kernel\n");
    EXPECT_EQ(run_command(system, {"symbols", "--symbols", "/nowhere"}).status, 2);
    const TemporaryFile empty("");
    EXPECT_EQ(run_command(system, {"symbols", "--symbols", empty.path()}).status, 2);
}

// It is what --elf has written, so somebody will give it.
TEST(SymbolsCommand, SaysHowToReadAnElfFile) {
    FakeSystem system;
    const TemporaryFile map("ffffffff90000000 T other_kernel\n");
    const TemporaryFile elf("");
    ASSERT_EQ(run_command(system, {"symbols", "--symbols", map.path(), "--elf", elf.path()}).status, 0);
    const CommandAnswer answer = run_command(system, {"symbols", "--symbols", elf.path()});
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err,
                testing::AllOf(HasSubstr("is an ELF file"), HasSubstr("`nm " + elf.path() + " > names.txt`")));
    EXPECT_EQ(answer.err.find('\x7F'), std::string::npos);
}

TEST(SymbolsCommand, SuggestsAndExplains) {
    FakeSystem system;
    system.symbols = {kallsyms, "/proc/kallsyms"};
    const CommandAnswer missing = run_command(system, {"symbols", "vfs_rea"});
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.err,
                testing::AllOf(HasSubstr("no symbol \"vfs_rea\""), HasSubstr("Did you mean \"vfs_read\"")));
    EXPECT_EQ(run_command(system, {"symbols", "0x1000"}).status, 1);
    system.symbols.text = "0000000000000000 T _text\n";
    EXPECT_THAT(run_command(system, {"symbols", "_text"}).err, HasSubstr("kptr_restrict"));
}

} // namespace
} // namespace nadir::test
