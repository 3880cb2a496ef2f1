// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Dumps of Linux KVM and Xen, as people paste them. Those in tests/tool/dumps are real ones; each says where from.
#include "arch/vmx/fields.h"
#include "tests/tool/command_answer.h"
#include "tests/tool/dump_value.h"
#include "tool/dump/console_dump.h"
#include "tool/dump/log_lines.h"
#include "tool/dump/read_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using namespace arch::vmcs;
using test::sample_text;
using ::testing::HasSubstr;

Dump only_dump(const std::string& text) {
    std::vector<Dump> dumps = read_dumps(text, std::nullopt);
    EXPECT_EQ(dumps.size(), 1u);
    return dumps.front();
}

bool known(const Dump& dump, std::uint32_t encoding) {
    std::uint64_t found = 0;
    return dump.vmcs.get(encoding, found);
}

TEST(ConsoleDump, Kvm) {
    const Dump dump = only_dump(sample_text("kvm_5.15_sti_shadow.txt"));
    EXPECT_EQ(dump.format, DumpFormat::kvm);
    EXPECT_TRUE(dump.problems.empty());
    EXPECT_EQ(dump.truncated, "");
    EXPECT_EQ(dump.processor, 12u);
    const std::pair<std::uint32_t, std::uint64_t> expected[] = {
        {guest_cr0.encoding, 0x50032},
        {cr0_mask.encoding, 0xfffffffffffffff7},
        {cr4_read_shadow.encoding, 0},
        {guest_cr3.encoding, 0x13cbf4002},
        {guest_pdpte0.encoding, 0x3300050011},
        {guest_pdpte3.encoding, 0x10000000000},
        {guest_rsp.encoding, 0xffff898cacda2c90},
        {guest_rip.encoding, 0x8000},
        {guest_rflags.encoding, 2},
        {guest_dr7.encoding, 0x400},
        {guest_cs_selector.encoding, 0xc200},
        {guest_cs_access_rights.encoding, 0x8093},
        {guest_cs_base.encoding, 0x7ffc2000},
        {guest_gdtr_limit.encoding, 0x57},
        {guest_gdtr_base.encoding, 0xfffff8024e652fb0},
        {guest_ldtr_access_rights.encoding, 0x10000},
        {guest_tr_limit.encoding, 0x67},
        {guest_efer.encoding, 0},
        {guest_pat.encoding, 0x0007010600070106},
        {guest_interruptibility.encoding, 9},
        {guest_interrupt_status.encoding, 0x2f},
        {host_rip.encoding, 0xffffffffc119a0a0},
        {host_tr_selector.encoding, 0x40},
        {host_gs_base.encoding, 0xffff97df5ed80000},
        {host_cr4.encoding, 0x1726e0},
        {host_sysenter_cs.encoding, 0x10},
        {host_sysenter_eip.encoding, 0xffffffffbd201d90},
        {host_efer.encoding, 0xd01},
        {host_pat.encoding, 0x0407050600070106},
        {pin_controls.encoding, 0xff},
        {secondary_controls.encoding, 0x7eb},
        {exit_controls.encoding, 0x2befff},
        {entry_exception_error_code.encoding, 4},
        {exit_instruction_length.encoding, 1},
        {exit_reason.encoding, 0x80000021},
        {tsc_offset.encoding, 0xff96fad07396b5f8},
        {apic_access_address.encoding, 0x14516c000},
        {virtual_apic_address.encoding, 0x14afe7000},
        {posted_interrupt_notification_vector.encoding, 0xf2},
        {eptp.encoding, 0x11aa2d01e},
        {ple_window.encoding, 0x20000},
        {vpid.encoding, 3},
    };
    for (const auto& [field, expected_value] : expected) {
        EXPECT_EQ(value(dump, field), expected_value) << std::hex << field;
    }
    // QEMU's registers behind it are not the host's.
    EXPECT_EQ(value(dump, host_cr0.encoding), 0x80050033u);
    EXPECT_EQ(dump.recorded.exit_reason, 0x80000021u);
    EXPECT_TRUE(dump.recorded.failed());
    EXPECT_EQ(dump.recorded.qualification, 0u);
}

// Every sample is understood down to the last of its lines.
TEST(ConsoleDump, EverySampleIsUnderstood) {
    const std::pair<const char*, unsigned> samples[] = {
        {"kvm_5.15_sti_shadow.txt", 110}, {"kvm_wrapped_many.txt", 106}, {"kvm_quoted_accessed.txt", 50},
        {"kvm_5.7_no_failure.txt", 106},  {"kvm_6_running.txt", 109},    {"kvm_4_smm_injection.txt", 17},
        {"xen_4.12_error_7.txt", 109},    {"xen_cr3.txt", 48},           {"xen_3.3_format.txt", 99},
    };
    for (const auto& [name, fields] : samples) {
        const Dump dump = only_dump(sample_text(name));
        EXPECT_TRUE(dump.problems.empty()) << name;
        EXPECT_EQ(dump.fields, fields) << name;
    }
}

TEST(ConsoleDump, Xen) {
    const Dump dump = only_dump(sample_text("xen_4.12_error_7.txt"));
    EXPECT_EQ(dump.format, DumpFormat::xen);
    EXPECT_EQ(value(dump, guest_rsp.encoding), 0u);
    EXPECT_EQ(value(dump, guest_rip.encoding), 0xfff0u);
    EXPECT_EQ(value(dump, guest_cs_base.encoding), 0xffff0000u);
    EXPECT_EQ(value(dump, guest_tr_access_rights.encoding), 0x8bu);
    EXPECT_EQ(value(dump, guest_gdtr_limit.encoding), 0xffffu);
    EXPECT_EQ(value(dump, host_rsp.encoding), 0xffff8320259bff70u);
    EXPECT_EQ(value(dump, eptp_index.encoding), 0u);
    EXPECT_EQ(value(dump, vm_function_controls.encoding), 0u);
    EXPECT_EQ(dump.recorded.instruction_error, 7u);
    EXPECT_EQ(dump.truncated, "");

    const Dump old = only_dump(sample_text("xen_3.3_format.txt"));
    EXPECT_EQ(value(old, cr3_target_count.encoding), 4u);
    EXPECT_EQ(value(old, cr3_target_value_3.encoding), 0x3000u);
    EXPECT_EQ(value(old, guest_pat.encoding), 0x0007040600070406u);
    EXPECT_EQ(value(old, exit_qualification.encoding), 0x01f7000bu);
    EXPECT_FALSE(old.recorded.failed());
}

TEST(ConsoleDump, BrokenLinesAreJoined) {
    const Dump dump = only_dump(sample_text("kvm_quoted_accessed.txt"));
    EXPECT_EQ(value(dump, cr4_mask.encoding), 0xffffffffffffe871u);
    EXPECT_EQ(value(dump, guest_ss_base.encoding), 0x2111000u);
    EXPECT_EQ(value(dump, guest_idtr_base.encoding), 0xa708200u);
    const Dump split = only_dump("(XEN) *** Guest State ***\n"
                                 "(XEN) RSP = 0x10 (0x10)  RIP = \n0x0000000000209997 (0x0000000000209998)\n"
                                 "(XEN) *** Host State ***\n"
                                 "(XEN) FSBase=0000000000000001 GSBase=0000000000000002 \nTRBase=ffff82d08055e000\n"
                                 "(XEN) *** Control State ***\n"
                                 "(XEN) IDTVectoring: info=00000000 \nerrcode=00000001\n");
    EXPECT_EQ(value(split, guest_rip.encoding), 0x209997u);
    EXPECT_EQ(value(split, host_tr_base.encoding), 0xffff82d08055e000u);
    EXPECT_EQ(value(split, idt_vectoring_error_code.encoding), 1u);
    // Somebody left out the rest of the line for good.
    const Dump elided = only_dump("*** Guest State ***\nCS:   sel=0x0008,\nDS:   sel=0x0010, attr=0x0c093\n");
    EXPECT_EQ(value(elided, guest_cs_selector.encoding), 8u);
    EXPECT_EQ(value(elided, guest_ds_access_rights.encoding), 0xc093u);
}

TEST(ConsoleDump, PrefixesOfLogs) {
    for (const char* line :
         {"CR3 = 0x1", "  CR3 = 0x1\r", "[  123.456] CR3 = 0x1", "[28041.07][T78789] CR3 = 0x1",
          "[ 1.2] kvm_intel: CR3 = 0x1", "<3>[ 1.2] kvm: CR3 = 0x1", "> > [ 1.2] CR3 = 0x1", ">> CR3 = 0x1",
          "(XEN) CR3 = 0x1", "(XEN) [2019-07-24 19:02:11] CR3 = 0x1", "Jun 24 17:25:51 testhost kernel: CR3 = 0x1",
          "Sep  8 22:52:20 host kernel: [10639.238026] kvm_intel: CR3 = 0x1",
          "2022-06-24T17:25:51.123456+02:00 host kernel: CR3 = 0x1"}) {
        EXPECT_EQ(without_log_prefix(line), "CR3 = 0x1") << line;
    }
    // Not a prefix, but a program's line.
    EXPECT_EQ(without_log_prefix("Jun 24 host QEMU[12]: CR3=1"), "Jun 24 host QEMU[12]: CR3=1");
}

// The value of the list, or the effective one, is no field.
TEST(ConsoleDump, EferOfTheListIsNotTheField) {
    for (const char* line : {"EFER= 0x0000000000000d01 (effective)", "EFER= 0x0000000000000d01 (autoload)",
                             "EFER(MSR LL) = 0x0000000000000d01  PAT = 0x0007040600070406"}) {
        const Dump dump = only_dump(std::string("*** Guest State ***\nCR3 = 0x1000\n") + line + "\n");
        EXPECT_FALSE(known(dump, guest_efer.encoding)) << line;
        EXPECT_THAT(dump.notes, ::testing::Contains(HasSubstr("EFER")));
    }
    EXPECT_TRUE(known(only_dump("*** Guest State ***\nEFER= 0xd01\n"), guest_efer.encoding));
}

std::string without(std::string text, const std::string& line) {
    const std::size_t at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return text.erase(at, line.size());
}

TEST(ConsoleDump, MsrListsOfNewerKernels) {
    const std::string text = sample_text("kvm_6_running.txt");
    const Dump none = only_dump(text);
    EXPECT_EQ(value(none, entry_msr_load_count.encoding), 0u);
    EXPECT_EQ(value(none, exit_msr_store_count.encoding), 0u);
    EXPECT_EQ(value(none, exit_msr_load_count.encoding), 0u);
    EXPECT_EQ(none.derived.size(), 3u);

    std::string listed = text;
    const std::string heading = "[ 2311.499064] kvm_intel: *** Host State ***";
    listed.insert(listed.find(heading), "[ 1.0] kvm_intel: MSR guest autoload:\n"
                                        "[ 1.0] kvm_intel:    0: msr=0x00000600 value=0x0000000000000000\n"
                                        "[ 1.0] kvm_intel:    1: msr=0xc0000080 value=0x0000000000000d01\n");
    const Dump two = only_dump(listed);
    EXPECT_TRUE(two.problems.empty());
    EXPECT_EQ(value(two, entry_msr_load_count.encoding), 2u);
    EXPECT_EQ(value(two, exit_msr_store_count.encoding), 0u);

    // Older kernels don't print the lists at all, and what is cut off says nothing.
    EXPECT_TRUE(only_dump(sample_text("kvm_5.7_no_failure.txt")).derived.empty());
    EXPECT_TRUE(only_dump(text.substr(0, text.find(heading))).derived.empty());
    const Dump partial =
        only_dump(without(text, "[ 2311.499063] kvm_intel: Interruptibility = 00000000  ActivityState = 00000000\n"));
    EXPECT_FALSE(known(partial, entry_msr_load_count.encoding));
    EXPECT_TRUE(known(partial, exit_msr_load_count.encoding));
}

TEST(ConsoleDump, CutOff) {
    const std::string text = sample_text("kvm_5.15_sti_shadow.txt");
    const Dump guest = only_dump(text.substr(0, text.find("Jun 24 17:25:51 testhost kernel: *** Host")));
    EXPECT_THAT(guest.truncated, HasSubstr("Guest State section, at line 29"));
    const Dump control = only_dump(text.substr(0, text.find("Jun 24 17:25:51 testhost kernel: IDTVectoring")));
    EXPECT_THAT(control.truncated, HasSubstr("Control State section"));
    const Dump tail = only_dump(text.substr(text.find("Jun 24 17:25:51 testhost kernel: *** Host")));
    EXPECT_THAT(tail.truncated, HasSubstr("it begins with its Host State section"));
    EXPECT_EQ(value(tail, host_cr4.encoding), 0x1726e0u);
}

// Cut anywhere behind its first lines, a dump has no value that the whole one doesn't have.
TEST(ConsoleDump, CutOffInTheMiddleOfALine) {
    for (const char* name : {"kvm_5.15_sti_shadow.txt", "kvm_wrapped_many.txt", "xen_4.12_error_7.txt"}) {
        const std::string text = sample_text(name);
        const Dump whole = only_dump(text);
        for (std::size_t end = text.find("*** Guest State ***") + 20; end < text.size(); end += 7) {
            for (const Dump& dump : read_dumps(text.substr(0, end), std::nullopt)) {
                for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
                    std::uint64_t left = 0;
                    if (dump.vmcs.get(field.encoding.value, left)) {
                        ASSERT_EQ(left, value(whole, field.encoding.value)) << name << " " << end << " " << field.name;
                    }
                }
            }
        }
    }
}

TEST(ConsoleDump, MalformedLines) {
    const std::pair<const char*, const char*> lines[] = {
        {"CR3 = 0xzz", "a hexadecimal number is expected behind \"CR3\""},
        {"CR3 =", "a hexadecimal number is expected behind \"CR3\""},
        {"CR3 = 0x12345678901234567", "a hexadecimal number is expected behind \"CR3\""},
        {"CS:   sel=0x12345, attr=0x0a09b", "guest_cs_selector is a 16-bit field"},
        {"  CS: 0010 0a09b", "selector, attributes, limit and base are expected, in hexadecimal"},
        {"GDTR: xyz", "limit and base are expected, in hexadecimal"},
        {"RSP = 0x2  RIP = 0x3", "guest_rsp was 0x1 on an earlier line; the first value counts"},
    };
    for (const auto& [line, expected] : lines) {
        const Dump dump = only_dump(std::string("*** Guest State ***\nRSP = 0x1\n") + line + "\nDR7 = 0x400\n");
        ASSERT_EQ(dump.problems.size(), 1u) << line;
        EXPECT_EQ(dump.problems[0].line, 3u);
        EXPECT_EQ(dump.problems[0].text, log_lines(line)[0].text);
        EXPECT_EQ(dump.problems[0].expected, expected);
        // The rest is read.
        EXPECT_EQ(value(dump, guest_dr7.encoding), 0x400u);
        EXPECT_EQ(value(dump, guest_rsp.encoding), 1u);
    }
}

// What QEMU and Xen print behind a dump is not the dump's, least of all of one that was cut off.
TEST(ConsoleDump, RegistersBehindADump) {
    for (const char* line :
         {"KVM: entry failed, hardware error 0x80000021", "KVM: unknown exit reason",
          "Jun 24 17:25:51 host QEMU[2997]: KVM: entry failed, hardware error 0x80000021", "EAX=00001e30 EBX=4e364180",
          "RAX=0000000000000000", "(XEN) domain_crash called from x", "(XEN) **************************************"}) {
        const Dump dump =
            only_dump(std::string("*** Guest State ***\nCR3 = 0x1000\n*** Host State ***\nCS=0010 SS=0018\n") + line +
                      "\nCR0=00050032 CR2=826c6000 CR3=3cbf4002 CR4=00000000\n");
        EXPECT_FALSE(known(dump, host_cr0.encoding)) << line;
        EXPECT_EQ(value(dump, host_ss_selector.encoding), 0x18u);
        EXPECT_NE(dump.truncated, "");
    }
}

TEST(ConsoleDump, SeveralInOneLog) {
    const std::string first = sample_text("kvm_5.15_sti_shadow.txt");
    const std::vector<Dump> dumps = read_dumps(first + sample_text("kvm_6_running.txt"), std::nullopt);
    ASSERT_EQ(dumps.size(), 2u);
    EXPECT_TRUE(dumps[0].recorded.failed());
    EXPECT_FALSE(dumps[1].recorded.failed());
    EXPECT_EQ(dumps[1].processor, 8u);
    EXPECT_EQ(value(dumps[1], guest_rip.encoding), 0xffffffff828e3a0cu);
    EXPECT_GT(dumps[1].first_line, dumps[0].first_line);
}

} // namespace
} // namespace nadir::tool
