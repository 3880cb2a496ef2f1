// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir memory`: what the command makes of a made-up machine's memory, and what it says where there is none.
#include "tests/tool/memory_tables.h"
#include "tests/tool/run_command.h"
#include "tool/json.h"

#include <fstream>
#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A machine with one process, whose address 0x7000 leads to physical 0x5000; behind it nothing is mapped, and 0x9000 is a device's.
class Memory : public ::testing::Test {
protected:
    Memory() {
        FakeNadir& nadir = system.nadir;
        nadir.spaces[0] = nadir.spaces[7] = long_mode();
        for (const std::uint64_t page : {0x1000, 0x2000, 0x3000, 0x4000, 0x5000}) {
            nadir.memory[page] = std::vector<nadir_u8>(4096);
        }
        put(0x1000, 0x2007);
        put(0x2000, 0x3007);
        put(0x3000, 0x4007);
        put(0x4000 + 7 * 8, 0x8000'0000'0000'5067);
        put(0x4000 + 9 * 8, 0xFEC0'0063);
        std::strcpy(reinterpret_cast<char*>(&nadir.memory[0x5000][0x10]), "what the test wrote");
        nadir.memory[0x5000][0xFFF] = 0xE8; // a call that goes on where nothing is
        nadir.ept[NADIR_EPT_IN_USE] = ept({0xB007, 0x00B7});
        system.symbols = {"ffffffff81234560 T vfs_read\nffffffff81234570 T vfs_write\nffffffff81235000 t same\n"
                          "ffffffff81236000 t same\n",
                          "/proc/kallsyms"};
    }
    void put(std::uint64_t at, std::uint64_t value) {
        std::memcpy(&system.nadir.memory[at & ~0xFFFull][at & 0xFFF], &value, sizeof(value));
    }
    Answer run(std::vector<const char*> words) {
        words.insert(words.begin(), {"nadir", "memory"});
        std::ostringstream out;
        std::ostringstream err;
        const int status = tool::run(system, static_cast<int>(words.size()), words.data(), out, err);
        return {status, out.str(), err.str()};
    }
    FakeSystem system;
};

TEST_F(Memory, TranslatesLevelByLevel) {
    const Answer answer = run({"translate", "7010", "--process", "7"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_EQ(
        answer.out,
        "Page walk of linear address 0x7010: CR3 0x1018 of process 7 (shell), 4-level paging\n"
        "  PML4E      at 0x000000001000  0x0000000000002007  table 0x2000: present writable user\n"
        "  PDPTE      at 0x000000002000  0x0000000000003007  table 0x3000: present writable user\n"
        "  PDE        at 0x000000003000  0x0000000000004007  table 0x4000: present writable user\n"
        "  PTE        at 0x000000004038  0x8000000000005067  4-KiB page 0x5000: present writable user accessed dirty "
        "execute_disable\n"
        "  -> guest-physical address 0x5010 in a 4-KiB page: read, write, by programs, too\n"
        "EPT walk of guest-physical address 0x5010: EPTP 0xa01e of processor 0, 4 levels, the tables of all processors\n"
        "  EPT PML4E  at 0x00000000a000  0x000000000000b007  table 0xb000: read write execute\n"
        "  EPT PDPTE  at 0x00000000b000  0x00000000000000b7  1-GiB page 0x0: read write execute memory_type=write back "
        "(WB) large\n"
        "  -> host-physical address 0x5010 in a 1-GiB page: read, write, execute, write back (WB)\n");
}

TEST_F(Memory, SaysWhereAWalkEnds) {
    const Answer answer = run({"translate", "6000"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.out, HasSubstr("-> not mapped: the entry is not present (P is 0), and empty"));
    EXPECT_THAT(answer.out, Not(HasSubstr("EPT")));
}

TEST_F(Memory, APageThatIsHiddenIsShownInBothViews) {
    system.nadir.ept[NADIR_EPT_IN_USE] = ept({0xB007, 0xC007, 0xD007, 0x5031}, NADIR_EPT_READING);
    system.nadir.ept[NADIR_EPT_EXECUTING] = ept({0xB007, 0xC007, 0xD007, 0x77034}, NADIR_EPT_EXECUTING);
    const Answer hidden = run({"translate", "5010", "--physical", "--cpu", "1"});
    EXPECT_THAT(hidden.out, HasSubstr("of processor 1, 4 levels, the reading view"));
    EXPECT_THAT(hidden.out, HasSubstr("-> host-physical address 0x5010 in a 4-KiB page: read, write back (WB)"));
    EXPECT_THAT(hidden.out, HasSubstr("-> host-physical address 0x77010 in a 4-KiB page: execute, write back (WB)"));
    EXPECT_THAT(hidden.out, HasSubstr("The page is hidden"));
    system.nadir.ept[NADIR_EPT_EXECUTING] = system.nadir.ept[NADIR_EPT_IN_USE];
    EXPECT_THAT(run({"translate", "5010", "--physical"}).out, HasSubstr("In the executing view the page is the same."));
}

TEST_F(Memory, WithoutNadirThereIsNoSecondWalk) {
    system.nadir.ept.clear();
    const Answer answer = run({"translate", "7010"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("Nadir is off: no EPT"));
}

TEST_F(Memory, SaysWhatIsOurs) {
    system.nadir.ept[NADIR_EPT_IN_USE].flags = NADIR_EPT_IS_OURS;
    EXPECT_THAT(run({"translate", "5000", "--physical"}).out, HasSubstr("Nadir's own memory lies at this address"));
}

TEST_F(Memory, ReadsThroughThePageTables) {
    const Answer answer = run({"read", "7010+20", "--process", "7"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("|what the test wr|\n"));
    EXPECT_THAT(answer.out, HasSubstr("0000000000007010  77 68 61 74"));
    EXPECT_THAT(run({"read", "5010+20", "--physical"}).out, HasSubstr("0000000000005010  77 68 61 74"));
}

TEST_F(Memory, ShowsWhatCanBeReadAndSaysWhy) {
    const Answer answer = run({"read", "7ff8+16", "--process", "7"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.out, HasSubstr("00 00 00 00 00 00 00 e8  -- -- -- -- -- -- -- --"));
    EXPECT_THAT(answer.err, HasSubstr("8 bytes from 0x8000 on can't be read: the entry is not present"));
    const Answer device = run({"read", "9000+4"});
    EXPECT_EQ(device.status, 1);
    EXPECT_THAT(device.err, HasSubstr("a device is there"));
    const Answer several = run({"read", "8000+8192"});
    EXPECT_THAT(several.err, HasSubstr("and 1 other part behind"));
}

TEST_F(Memory, DisassemblesWhatIsThere) {
    const Answer answer = run({"read", "5010+3", "--physical", "--disassemble"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("0000000000005010  77 68 "));
    EXPECT_THAT(answer.out, HasSubstr("ja 0x507a"));
    // The last instruction is cut off; what would be behind wasn't asked for, so it isn't missing.
    const Answer end = run({"read", "7fff+1", "--disassemble"});
    EXPECT_EQ(end.status, 0) << end.err;
    EXPECT_THAT(end.out, HasSubstr("(bad)"));
}

TEST_F(Memory, NamesTheKernelsCode) {
    // A page of the kernel's, in tables of its own.
    put(0x1000 + 511 * 8, 0x2003);
    put(0x2000 + 510 * 8, 0x3003);
    put(0x3000 + 9 * 8, 0x4003);
    put(0x4000 + 0x34 * 8, 0x5003);
    const std::uint8_t code[] = {0xE8, 0x0B, 0, 0, 0, 0x48, 0x8B, 0x05, 0x05, 0, 0, 0, 0xC3, 0x90, 0x90, 0x90, 0xC3};
    std::copy(std::begin(code), std::end(code), system.nadir.memory[0x5000].begin() + 0x560);
    const Answer answer = run({"read", "vfs_read+17", "--disassemble"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out,
                HasSubstr("vfs_read:\nffffffff81234560  e8 0b 00 00 00                 call 0xffffffff81234570  # "
                          "vfs_write\n"));
    EXPECT_THAT(answer.out, HasSubstr("# vfs_write+0x1\n"));
    EXPECT_THAT(answer.out, HasSubstr("vfs_write:\nffffffff81234570  c3 "));
    EXPECT_THAT(run({"read", "vfs_read+0x5+7", "--disassemble"}).out, HasSubstr("vfs_read+0x5:\n"));
    EXPECT_THAT(run({"translate", "vfs_read+0x10"}).out, HasSubstr("-> guest-physical address 0x5570"));
    system.symbols.text.clear();
    EXPECT_THAT(run({"read", "ffffffff81234560+5", "--disassemble"}).out, HasSubstr("call 0xffffffff81234570\n"));
}

TEST_F(Memory, WritesAFileOnlyWhole) {
    const std::string name = ::testing::TempDir() + "/nadir_memory_raw";
    EXPECT_EQ(run({"read", "7010+19", "--raw", name.c_str()}).status, 0);
    std::ifstream file(name);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "what the test wrote");
    std::remove(name.c_str());
    EXPECT_EQ(run({"read", "7ff8+16", "--raw", name.c_str()}).status, 1);
    EXPECT_FALSE(std::ifstream(name).good());
    EXPECT_EQ(run({"read", "7010+19", "--raw", "-"}).out, "what the test wrote");
}

TEST_F(Memory, AProcessThatEndsMeanwhile) {
    system.nadir.process_ends = 1;
    for (const std::vector<const char*>& words :
         {std::vector<const char*>{"read", "7010", "--process", "7"}, {"translate", "7010", "--process", "7"}}) {
        system.nadir.spaces_asked = 0;
        const Answer answer = run(words);
        EXPECT_EQ(answer.status, 1);
        EXPECT_EQ(answer.out, "");
        EXPECT_THAT(answer.err, HasSubstr("process 7 (shell) ended meanwhile"));
    }
    EXPECT_THAT(run({"read", "7010", "--process", "8"}).err, HasSubstr("there is no such process"));
}

TEST_F(Memory, Json) {
    const auto read = nlohmann::json::parse(run({"read", "7fff+2", "--json"}).out);
    EXPECT_EQ(read["data"], "e8--");
    EXPECT_EQ(read["holes"][0]["address"], "0x8000");
    EXPECT_EQ(read["holes"][0]["size"], 1);
    const auto walk = nlohmann::json::parse(run({"translate", "7010", "--json"}).out);
    EXPECT_EQ(walk["page_walk"]["physical"], "0x5010");
    EXPECT_EQ(walk["page_walk"]["entries"][3]["name"], "PTE");
    EXPECT_EQ(walk["page_walk"]["entries"][3]["fields"]["dirty"], 1);
    EXPECT_EQ(walk["page_walk"]["entries"][3]["fields"]["address"], "0x5000");
    EXPECT_EQ(walk["ept"][0]["memory_type"], "write back (WB)");
    const auto nowhere = nlohmann::json::parse(run({"translate", "6000", "--json"}).out);
    EXPECT_EQ(nowhere["page_walk"]["mapped"], false);
    EXPECT_THAT(nowhere["page_walk"]["problem"], HasSubstr("not present"));
}

TEST_F(Memory, NamesWhatIsWrongOnTheCommandLine) {
    const struct {
        std::vector<const char*> words;
        const char* said;
    } cases[] = {
        {{"read", "vfs_raed"}, "Did you mean \"vfs_read\""},
        {{"read", "same"}, "there are 2 symbols \"same\""},
        {{"read", "1000+zz"}, "\"zz\" is no size"},
        {{"read", "1000+0"}, "no byte at all"},
        {{"read", "1000+2000000"}, "at most 1,048,576 at once"},
        {{"translate", "1000+5+6"}, "one address is translated"},
        {{"read", "1000", "--hex", "--json"}, "at most 1 options"},
        {{"read", "1000", "--physical", "--process", "1"}, "excludes"},
        {{"read", "1000", "--process", "0"}, "--process"},
        {{"read"}, "address is required"},
        {{}, "subcommand"},
        {{"raed", "1000"}, ""},
    };
    for (const auto& wrong : cases) {
        const Answer answer = run(wrong.words);
        EXPECT_EQ(answer.status, 2) << wrong.said;
        EXPECT_THAT(answer.err, HasSubstr(wrong.said));
    }
}

} // namespace
} // namespace nadir::test
