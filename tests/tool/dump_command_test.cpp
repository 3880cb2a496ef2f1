// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir dump` and `nadir diff`, from the command line.
#include "arch/vmx/fields.h"
#include "tests/check/example_vmcs.h"
#include "tests/tool/command_answer.h"
#include "tool/dump/compare_dumps.h"
#include "tool/dump/read_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using namespace arch::vmcs;
using test::CommandAnswer;
using test::FakeSystem;
using test::run_command;
using test::sample_dump;
using test::TemporaryFile;
using ::testing::HasSubstr;

nadir_vmcs vmcs_of(nadir_u32 processor, nadir_u32 source) {
    nadir_vmcs vmcs{};
    vmcs.processor = processor;
    vmcs.source = source;
    const check::VmcsImage image = test::vmcs_64();
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t value = 0;
        if (vmcs.count < NADIR_VMCS_FIELDS - 1 && image.get(field.encoding.value, value)) {
            vmcs.fields[vmcs.count++] = {field.encoding.value, 0, value};
        }
    }
    vmcs.fields[vmcs.count++] = {0x7FFE, 0, 5}; // of a newer module
    return vmcs;
}

void put_under_nadir(FakeSystem& system) {
    system.nadir.state.active = 1;
    system.nadir.vmcs[0] = vmcs_of(0, NADIR_VMCS_LIVE);
    system.nadir.vmcs[1] = vmcs_of(1, NADIR_VMCS_DEAD);
    system.nadir.vmcs[NADIR_ANY_PROCESSOR] = vmcs_of(1, NADIR_VMCS_FAILED_ENTRY);
    system.nadir.vmcs[NADIR_ANY_PROCESSOR].exit_reason = 0x80000021;
}

TEST(DumpCommand, WritesWhatExplainReads) {
    FakeSystem system;
    put_under_nadir(system);
    const std::pair<std::vector<std::string>, const char*> ways[] = {
        {{"dump"}, "live, processor 0"},
        {{"dump", "--cpu", "1"}, "dead, processor 1"},
        {{"dump", "--failed"}, "failed entry, processor 1"},
        {{"dump", "--json"}, "live, processor 0"},
    };
    for (const auto& [words, expected] : ways) {
        const CommandAnswer dumped = run_command(system, words);
        ASSERT_EQ(dumped.status, 0) << dumped.err;
        const TemporaryFile file(dumped.out);
        const CommandAnswer explained = run_command({"explain", file.path()});
        EXPECT_THAT(explained.out, HasSubstr(expected));
        EXPECT_THAT(explained.out, HasSubstr("capabilities: from the dump"));
        EXPECT_NE(explained.status, 2) << explained.out;
    }
    EXPECT_THAT(run_command(system, {"dump", "--failed"}).out, HasSubstr("exit reason 0x80000021"));
}

// The VM-instruction error of a VMfail is in the VMCS itself.
TEST(DumpCommand, FailedEntryWithAnErrorNumber) {
    FakeSystem system;
    put_under_nadir(system);
    nadir_vmcs& failed = system.nadir.vmcs[NADIR_ANY_PROCESSOR];
    failed.exit_reason = 0;
    for (nadir_vmcs_field& field : failed.fields) {
        field.value = field.encoding == instruction_error.encoding ? 7 : field.value;
    }
    EXPECT_THAT(run_command(system, {"dump", "--failed"}).out, HasSubstr("\ninstruction error 7"));
}

TEST(DumpCommand, ToAFile) {
    FakeSystem system;
    put_under_nadir(system);
    const TemporaryFile file("old");
    const CommandAnswer answer = run_command(system, {"dump", "--output", file.path()});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out, HasSubstr("fields written to " + file.path()));
    EXPECT_EQ(file.text(), run_command(system, {"dump"}).out);
    const CommandAnswer refused = run_command(system, {"dump", "--output", "/does/not/exist"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("/does/not/exist: No such file or directory"));
}

TEST(DumpCommand, WhereThereIsNone) {
    FakeSystem system;
    const CommandAnswer off = run_command(system, {"dump"});
    EXPECT_EQ(off.status, 1);
    EXPECT_THAT(off.err, HasSubstr("Processor 0 is not under Nadir"));
    EXPECT_EQ(off.out, "");
    const CommandAnswer failed = run_command(system, {"dump", "--failed"});
    EXPECT_EQ(failed.status, 1);
    EXPECT_THAT(failed.err, HasSubstr("No VM entry has failed at or since the last start of Nadir"));
    EXPECT_EQ(run_command(system, {"dump", "--cpu", "9"}).status, 2);
    EXPECT_EQ(run_command(system, {"dump", "--cpu", "0", "--failed"}).status, 2);
    system.loaded = false;
    EXPECT_EQ(run_command(system, {"dump"}).status, 3);
}

TEST(Diff, FieldsInWords) {
    const TemporaryFile left("guest_cs_access_rights = 0xa09b\nguest_cr3 = 0x1000\nguest_rip = 0x5\nvpid = 0x1\n");
    const TemporaryFile right("GUEST_CS_AR_BYTES = 0xc09b\nguest_cr3 = 0x1000\nguest_rip = 0x6\nguest_rsp = 0x1\n");
    CommandAnswer answer = run_command({"diff", left.path(), right.path()});
    EXPECT_EQ(answer.status, 1);
    for (const std::string& path : {left.path(), right.path()}) {
        for (std::size_t at = answer.out.find(path); at != std::string::npos; at = answer.out.find(path)) {
            answer.out.replace(at, path.size(), path == left.path() ? "A" : "B");
        }
    }
    EXPECT_EQ(answer.out, "- A: a list of VMCS fields; 4 fields\n"
                          "+ B: a list of VMCS fields; 4 fields\n"
                          "\n"
                          "Different: 2 fields (the same: 1)\n"
                          "  guest_cs_access_rights\n"
                          "    - 0xa09b (type=11 s p l g)\n"
                          "    + 0xc09b (type=11 s p db g)\n"
                          "    l 1 -> 0, db 0 -> 1\n"
                          "  guest_rip\n"
                          "    - 0x5\n"
                          "    + 0x6\n"
                          "\n"
                          "Only in A: 1 field\n"
                          "  - vpid = 0x1\n"
                          "\n"
                          "Only in B: 1 field\n"
                          "  + guest_rsp = 0x1\n");
    const auto json = run_command({"diff", left.path(), right.path(), "--json"}).json();
    EXPECT_EQ(json["same"], 1);
    EXPECT_EQ(json["different"][0]["words"], "l 1 -> 0, db 0 -> 1");
    EXPECT_EQ(json["only_left"][0]["field"], "vpid");
    EXPECT_EQ(json["only_right"][0]["right"], "0x1");
}

TEST(Diff, Statuses) {
    const std::string xen = sample_dump("xen_cr3.txt");
    EXPECT_EQ(run_command({"diff", xen, xen}).status, 0);
    EXPECT_EQ(run_command({"diff", xen, sample_dump("kvm_6_running.txt")}).status, 1);
    EXPECT_EQ(run_command({"diff", xen, "/does/not/exist"}).status, 2);
    EXPECT_EQ(run_command({"diff", "-", "-"}).status, 2);
    EXPECT_EQ(run_command({"diff", xen}).status, 2);
    const TemporaryFile broken("guest_cr3 = 0x1000\nguest_cr4 = x\n");
    const CommandAnswer answer = run_command({"diff", broken.path(), xen});
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.out, HasSubstr(":2: guest_cr4 = x: a hexadecimal number is expected"));
    EXPECT_THAT(answer.out, HasSubstr("Different: 1 field"));
}

TEST(Diff, ReservedParts) {
    EXPECT_EQ(differing_parts(*arch::find_vmcs_field(guest_cs_access_rights.encoding), 0x9b, 0x19b), "reserved bit 8");
}

} // namespace
} // namespace nadir::tool
