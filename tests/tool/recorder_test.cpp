// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir recorder`: of a running Nadir that isn't there, and out of images of memory that were made up.
#include "control/exit_ring_reader.h"
#include "tests/tool/command_answer.h"
#include "tool/recorder/exit_words.h"

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nadir_exit_record exit_of(nadir_u32 sequence, nadir_u16 reason, nadir_u64 detail = 0, nadir_u32 cpuids = 0) {
    nadir_exit_record exit{};
    exit.time = 1'000'000 + sequence * 1000;
    exit.rip = 0xFFFF'FFFF'8100'0000 + sequence;
    exit.sequence = sequence;
    exit.reason = reason;
    exit.detail = detail;
    exit.cpuids = cpuids;
    exit.outcome = NADIR_EXIT_ADVANCED;
    return exit;
}

nadir_exit_ring ring_of(nadir_u32 processor, nadir_u64 exits) {
    nadir_exit_ring ring{};
    ring.magic[0] = NADIR_EXIT_RING_MAGIC_LOW;
    ring.magic[1] = NADIR_EXIT_RING_MAGIC_HIGH;
    ring.version = NADIR_EXIT_RING_VERSION;
    ring.processor = processor;
    ring.record_bytes = sizeof(nadir_exit_record);
    ring.capacity = NADIR_EXIT_RING_RECORDS;
    ring.state = NADIR_PROCESSOR_DEAD;
    ring.begun = exits;
    for (nadir_u64 number = control::oldest_exit(exits); number < exits; ++number) {
        ring.records[number % NADIR_EXIT_RING_RECORDS] = exit_of(static_cast<nadir_u32>(number), 31, 0x1B);
    }
    return ring;
}

std::string memory(std::size_t pages) { return std::string(pages * 4096, '\x5A'); }

void put(std::string& image, std::size_t at, const nadir_exit_ring& ring) {
    std::memcpy(&image[at], &ring, sizeof(ring));
}

// A segment's content, and where it lay in memory.
std::string elf_core(const std::vector<std::pair<std::uint64_t, std::string>>& segments, std::uint16_t type = 4) {
    const auto number = [](std::string& to, std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) {
            to += static_cast<char>(value >> (8 * i));
        }
    };
    std::string file = std::string("\x7F"
                                   "ELF\x02\x01\x01",
                                   7) +
                       std::string(9, '\0');
    number(file, type, 2);
    number(file, 62, 2);
    number(file, 1, 4);
    number(file, 0, 8);
    number(file, 64, 8); // program headers
    number(file, 0, 8);
    number(file, 0, 4);
    number(file, 64, 2);
    number(file, 56, 2);
    number(file, segments.size(), 2);
    number(file, 0, 6);
    std::uint64_t at = 64 + 56 * segments.size();
    for (const auto& [physical, content] : segments) {
        number(file, 1, 4); // PT_LOAD
        number(file, 6, 4);
        number(file, at, 8);
        number(file, 0xFFFF'8880'0000'0000 + physical, 8);
        number(file, physical, 8);
        number(file, content.size(), 8);
        number(file, content.size(), 8);
        number(file, 4096, 8);
        at += content.size();
    }
    for (const auto& segment : segments) {
        file += segment.second;
    }
    return file;
}

class RecorderCommand : public ::testing::Test {
protected:
    RecorderCommand() {
        for (nadir_u32 processor = 0; processor < 3; ++processor) {
            nadir_recorder_request& answer = system.nadir.recorder[processor];
            answer.processor = processor;
            answer.state = processor < 2 ? NADIR_PROCESSOR_ON : NADIR_PROCESSOR_ABSENT;
        }
        // Two exits, five CPUIDs that left no record, a CPUID that did, and two more.
        nadir_recorder_request& answer = system.nadir.recorder[1];
        answer.begun = 3;
        answer.cpuid_exits = 8;
        answer.count = 3;
        answer.records[0] = exit_of(0, 18, 0x2'0000'0001);
        answer.records[1] = exit_of(1, 32, 0x11'0000'001B);
        answer.records[2] = exit_of(2, 10, 0x7'0000'0001, 5);
        answer.records[1].outcome = NADIR_EXIT_RAISED_GP;
    }
    CommandAnswer image(const std::string& content, std::vector<std::string> words = {}) {
        const TemporaryFile file(content);
        words.insert(words.begin(), {"recorder", "--image", file.path()});
        FakeSystem without;
        without.loaded = false;
        return run_command(without, words);
    }
    FakeSystem system;
};

TEST_F(RecorderCommand, ARunningNadir) {
    const CommandAnswer answer = run_command(system, {"recorder"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("Processor 0 (on): the last 0 of 0 VM exits recorded\n"));
    EXPECT_THAT(answer.out, HasSubstr("Processor 1 (on): the last 3 of 3 VM exits recorded\n"));
    EXPECT_THAT(answer.out, Not(HasSubstr("Processor 2")));
    EXPECT_THAT(answer.out, HasSubstr("         0            -2,000  0xffffffff81000000  VMCALL: ECX 0x1, EDX 0x2\n"));
    EXPECT_THAT(answer.out, HasSubstr("WRMSR: ia32_apic_base (0x1b), EAX 0x11 [#GP]\n"));
    EXPECT_THAT(answer.out, HasSubstr("            5 CPUIDs answered at once\n"));
    EXPECT_THAT(answer.out, HasSubstr("CPUID: leaf 0x7, sub-leaf 0x1\n            2 CPUIDs answered at once\n"));
}

TEST_F(RecorderCommand, OneProcessorAndTheNewest) {
    const CommandAnswer answer = run_command(system, {"recorder", "--processor", "1", "--last", "1"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, Not(HasSubstr("Processor 0")));
    EXPECT_THAT(answer.out, HasSubstr("the last 1 of 3"));
    EXPECT_THAT(answer.out, Not(HasSubstr("WRMSR")));
    EXPECT_THAT(answer.out, HasSubstr("leaf 0x7"));
    EXPECT_EQ(run_command(system, {"recorder", "--processor", "3"}).status, 2);
    EXPECT_EQ(run_command(system, {"recorder", "--last", "0"}).status, 2);
    EXPECT_EQ(run_command(system, {"recorder", "--last", "x"}).status, 2);
    EXPECT_EQ(run_command(system, {"recorder", "more"}).status, 2);
}

TEST_F(RecorderCommand, Json) {
    const nlohmann::json json = run_command(system, {"recorder", "--json"}).json();
    ASSERT_EQ(json["processors"].size(), 2u);
    const nlohmann::json& one = json["processors"][1];
    EXPECT_EQ(one["processor"], 1);
    EXPECT_EQ(one["state"], "on");
    EXPECT_EQ(one["begun"], 3);
    EXPECT_EQ(one["unrecorded_cpuids_after"], 2);
    ASSERT_EQ(one["exits"].size(), 3u);
    EXPECT_EQ(one["exits"][1]["name"], "WRMSR");
    EXPECT_EQ(one["exits"][1]["outcome"], "raised-gp");
    EXPECT_EQ(one["exits"][1]["rip"], "0xffffffff81000001");
    EXPECT_EQ(one["exits"][2]["unrecorded_cpuids_before"], 5);
    EXPECT_EQ(one["exits"][2]["text"], "leaf 0x7, sub-leaf 0x1");
}

TEST_F(RecorderCommand, NumbersBeyond32Bits) {
    nadir_recorder_request& answer = system.nadir.recorder[1];
    answer.begun = 0x5'0000'0001;
    answer.count = 2;
    answer.records[0] = exit_of(0xFFFF'FFFF, 10);
    answer.records[1] = exit_of(0, 10, 0, 1);
    const nlohmann::json json = run_command(system, {"recorder", "--cpu", "1", "--json"}).json();
    EXPECT_EQ(json["processors"][0]["exits"][0]["number"], 0x4'FFFF'FFFF);
    EXPECT_EQ(json["processors"][0]["exits"][1]["number"], 0x5'0000'0000);
    EXPECT_EQ(json["processors"][0]["exits"][0]["unrecorded_cpuids_before"], nullptr);
    EXPECT_EQ(json["processors"][0]["exits"][1]["unrecorded_cpuids_before"], 0);
}

TEST_F(RecorderCommand, WithoutTheModule) {
    system.loaded = false;
    EXPECT_EQ(run_command(system, {"recorder"}).status, 3);
}

TEST_F(RecorderCommand, ARawImage) {
    std::string content = memory(300);
    put(content, 299 * 4096, ring_of(0, 2));
    put(content, 257 * 4096, ring_of(7, 1000));
    const CommandAnswer answer = image(content);
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out,
                HasSubstr("Processor 0 (dead): the last 2 of 2 VM exits recorded, found at physical address "
                          "0x12b000\n"));
    EXPECT_THAT(answer.out, HasSubstr("Processor 7 (dead): the last 84 of 1,000 VM exits"));
    EXPECT_THAT(answer.out, HasSubstr("RDMSR: ia32_apic_base (0x1b)\n"));
    const CommandAnswer one = image(content, {"--processor", "7", "--last", "3", "--json"});
    EXPECT_EQ(one.json()["processors"][0]["exits"].size(), 3u);
    EXPECT_EQ(one.json()["processors"][0]["exits"][2]["number"], 999);
    EXPECT_EQ(one.json()["processors"][0]["physical_address"], "0x101000");
    const CommandAnswer none = image(content, {"--processor", "1"});
    EXPECT_EQ(none.status, 2);
    EXPECT_THAT(none.err, HasSubstr("processor 1 is not in it, but 2 others"));
}

TEST_F(RecorderCommand, AnElfCore) {
    std::string low = memory(3);
    std::string high = memory(4);
    put(low, 4096, ring_of(1, 5));
    // Not at the beginning of a page, seen from the segment's.
    put(high, 2 * 4096 - 0x800, ring_of(2, 6));
    const std::string file = elf_core({{0x1000, low}, {0x1'2345'6800, high}, {0x1000, low}});
    const CommandAnswer answer = image(file);
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out,
                HasSubstr("Processor 1 (dead): the last 5 of 5 VM exits recorded, found at physical address "
                          "0x2000\n"));
    EXPECT_THAT(answer.out, HasSubstr("found at physical address 0x123458000\n"));
    EXPECT_EQ(image(file, {"--json"}).json()["processors"].size(), 2u) << "a page that is in two segments counts once";
    const CommandAnswer cut = image(file.substr(0, file.size() - 2 * 4096));
    EXPECT_EQ(cut.status, 0);
    EXPECT_THAT(cut.out, HasSubstr("is truncated: 8 KiB of memory are missing"));
}

TEST_F(RecorderCommand, FilesThatAreSomethingElse) {
    const auto expect = [&](const std::string& content, int status, const std::string& words) {
        const CommandAnswer answer = image(content);
        EXPECT_EQ(answer.status, status) << words;
        EXPECT_EQ(answer.out, "");
        EXPECT_THAT(answer.err, HasSubstr(words));
    };
    expect("", 2, "less than one page");
    expect("no memory at all", 2, "less than one page");
    expect(memory(10), 1, "there is no flight recorder in it (40 KiB of memory, raw)");
    expect("KDUMP   " + memory(2), 2, "makedumpfile -E -d 0");
    expect("makedumpfile" + memory(2), 2, "makedumpfile -R ELF_FILE");
    expect("\x1F\x8B" + memory(2), 2, "gzip");
    expect(elf_core({{0, memory(2)}}, 2), 2, "no core file");
    expect(elf_core({}), 2, "less than one page");
    expect(elf_core({{0, memory(2)}}), 1, "ELF core file");
    expect(elf_core({{0, memory(2)}}).substr(0, 40), 2, "ends in its header");
    expect(elf_core({{0, memory(2)}}).substr(0, 100), 2, "ends in its table of segments");
    expect(std::string("\x7F"
                       "ELF\x01") +
               memory(2),
           2, "32-bit");
    const CommandAnswer missing = run_command({"recorder", "--image", "/no/such/file"});
    EXPECT_EQ(missing.status, 2);
    EXPECT_THAT(missing.err, HasSubstr("No such file"));
    const CommandAnswer folder = run_command({"recorder", "--image", "/"});
    EXPECT_EQ(folder.status, 2);
    EXPECT_THAT(folder.err, HasSubstr("a directory"));
}

TEST_F(RecorderCommand, RingsThatAreNotWhatTheyShouldBe) {
    std::string content = memory(8);
    nadir_exit_ring ring = ring_of(1, 5);
    ring.version = 99;
    put(content, 0, ring);
    ring = ring_of(1, 5);
    ring.capacity = 1'000'000;
    put(content, 4096, ring);
    put(content, 2 * 4096 + 8, ring_of(1, 5)); // not at a page
    const CommandAnswer answer = image(content);
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, HasSubstr("1 of another version, 1 damaged"));
}

TEST_F(RecorderCommand, RecordsThatAreNotWhole) {
    std::string content = memory(1);
    nadir_exit_ring ring = ring_of(1, 100);
    ring.begun = 101;                                                // begun, and not written yet
    ring.records[50 % NADIR_EXIT_RING_RECORDS].sequence ^= 1u << 20; // spoilt
    ring.records[99 % NADIR_EXIT_RING_RECORDS].outcome = NADIR_EXIT_IN_WORK;
    put(content, 0, ring);
    const CommandAnswer answer = image(content);
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("the last 82 of 101 VM exits"));
    EXPECT_THAT(answer.out, Not(HasSubstr("        50  ")));
    EXPECT_THAT(answer.out,
                HasSubstr("        99                 0  0xffffffff81000063  RDMSR: ia32_apic_base (0x1b) [in work]"));
}

// Whatever is in the page behind the magic number, the answer is words and a status.
TEST_F(RecorderCommand, Garbage) {
    std::mt19937_64 random(20261128);
    for (unsigned round = 0; round < 300; ++round) {
        std::string content = memory(2);
        nadir_exit_ring ring = ring_of(1, 200);
        auto* bytes = reinterpret_cast<unsigned char*>(&ring);
        const unsigned spoilt = 1 + static_cast<unsigned>(random() % 400);
        for (unsigned i = 0; i < spoilt; ++i) {
            bytes[16 + random() % (sizeof(ring) - 16)] = static_cast<unsigned char>(random());
        }
        put(content, 4096, ring);
        for (const char* form : {"--json", "--processor=1"}) {
            const CommandAnswer answer = image(content, {form});
            EXPECT_TRUE(answer.status == 0 || answer.status == 1 || answer.status == 2);
            EXPECT_NE(answer.out.empty(), answer.err.empty());
        }
        const CommandAnswer core = image(elf_core({{random(), content}}).substr(0, random() % 9000));
        EXPECT_NE(core.out.empty(), core.err.empty());
    }
}

TEST(ExitWords, ByReason) {
    using tool::describe;
    nadir_exit_record exit = exit_of(1, 28, 0x36'06E0);
    exit.qualification = 4 | 3u << 8;
    EXPECT_THAT(describe(exit), HasSubstr("MOV to CR"));
    EXPECT_THAT(describe(exit), HasSubstr("RBX"));
    EXPECT_THAT(describe(exit), HasSubstr("value 0x3606e0"));
    exit = exit_of(1, 48, 0x1'0000'0000);
    exit.qualification = 1;
    exit.event = 0x8000'0030;
    EXPECT_THAT(describe(exit), HasSubstr("read"));
    EXPECT_THAT(describe(exit), HasSubstr("guest-physical 0x100000000"));
    EXPECT_THAT(describe(exit), HasSubstr("while delivering: external interrupt, vector 48"));
    exit = exit_of(1, 0);
    exit.event = 0x8000'0202;
    EXPECT_EQ(describe(exit), "NMI, vector 2");
    exit.event = 0x8000'0B0E;
    EXPECT_THAT(describe(exit), HasSubstr("hardware exception, vector 14 ("));
    EXPECT_EQ(describe(exit_of(1, 31, 0x1234'5678)), "MSR 0x12345678");
    EXPECT_EQ(describe(exit_of(1, 55, 0x7'0000'0000)), "XCR0, EAX 0x7");
    EXPECT_EQ(describe(exit_of(1, 13)), "");
    exit = exit_of(1, 0xFFFF);
    exit.outcome = 0xFFFF;
    EXPECT_EQ(tool::reason_of(exit), "unknown exit reason");
    EXPECT_EQ(tool::outcome_name(exit), "unknown");
}

} // namespace
} // namespace nadir::test
