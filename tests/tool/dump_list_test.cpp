// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Lists of fields, our own dumps, and their JSON.
#include "arch/vmx/fields.h"
#include "tests/check/example_vmcs.h"
#include "tests/tool/command_answer.h"
#include "tests/tool/dump_value.h"
#include "tool/dump/field_list.h"
#include "tool/dump/field_names.h"
#include "tool/dump/field_words.h"
#include "tool/dump/json_dump.h"
#include "tool/dump/read_dump.h"
#include "tool/dump/write_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using namespace arch::vmcs;
using ::testing::HasSubstr;

Dump example_dump() {
    Dump dump;
    dump.format = DumpFormat::nadir;
    dump.processor = 3;
    dump.source = "failed entry";
    dump.recorded.exit_reason = 0x80000021;
    dump.capabilities = test::example_processor();
    const check::VmcsImage image = test::vmcs_64();
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t number = 0;
        if (image.get(field.encoding.value, number)) {
            dump.read_field(0, {}, field.encoding.value, number);
        }
    }
    return dump;
}

void expect_same(const Dump& left, const Dump& right) {
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t one = 0;
        std::uint64_t other = 0;
        EXPECT_EQ(left.vmcs.get(field.encoding.value, one), right.vmcs.get(field.encoding.value, other)) << field.name;
        EXPECT_EQ(one, other) << field.name;
    }
    EXPECT_EQ(left.fields, right.fields);
    EXPECT_EQ(left.processor, right.processor);
    EXPECT_EQ(left.source, right.source);
    EXPECT_EQ(left.recorded.exit_reason, right.recorded.exit_reason);
    EXPECT_EQ(left.recorded.instruction_error, right.recorded.instruction_error);
    ASSERT_EQ(left.capabilities.has_value(), right.capabilities.has_value());
    EXPECT_EQ(std::memcmp(&*left.capabilities, &*right.capabilities, sizeof(arch::Capabilities)), 0);
}

TEST(OwnDump, ReadsWhatItWrote) {
    for (const bool vmfail : {false, true}) {
        Dump dump = example_dump();
        if (vmfail) {
            dump.recorded.exit_reason.reset();
            dump.recorded.instruction_error = 7;
        }
        std::ostringstream out;
        write_dump(out, dump);
        const std::vector<Dump> again = read_dumps(out.str(), std::nullopt);
        ASSERT_EQ(again.size(), 1u);
        EXPECT_EQ(again[0].format, DumpFormat::nadir);
        EXPECT_TRUE(again[0].problems.empty()) << again[0].problems[0].expected;
        expect_same(dump, again[0]);

        const std::vector<Dump> json = read_dumps(dump_to_json(dump).dump(1), std::nullopt);
        EXPECT_EQ(json[0].format, DumpFormat::json);
        EXPECT_TRUE(json[0].problems.empty());
        expect_same(dump, json[0]);
    }
}

TEST(OwnDump, IsForPeople) {
    std::ostringstream out;
    write_dump(out, example_dump());
    EXPECT_THAT(out.str(),
                ::testing::StartsWith("nadir vmcs dump 1\nprocessor 3\nsource failed entry\nexit reason 0x80000021"));
    EXPECT_THAT(out.str(), HasSubstr("# 32-bit guest state fields\n"));
    EXPECT_THAT(out.str(), HasSubstr("guest_cs_access_rights = 0xa09b              # type=11 s p l g\n"));
    EXPECT_THAT(out.str(), HasSubstr("msr 0x480 = 0xda040000000004\n"));
    EXPECT_THAT(out.str(), HasSubstr("register cr4 = 0x3606e0\n"));
}

TEST(OwnDump, OtherVersionsAndMistakes) {
    const std::pair<const char*, const char*> lines[] = {
        {"nadir vmcs dump 2", "version 1"},
        {"processor x", "decimal"},
        {"exit reason 0xfffffffff", "32 bits"},
        {"instruction error seven", "decimal"},
        {"cpuid 0x1 = 0x1 0x2 0x3", "cpuid LEAF"},
        {"cpuid 0x99 = 0x1 0x2 0x3 0x4", "cpuid LEAF"},
        {"cpuid 0x1 = 0x1 0x2 0x3 0x100000000", "cpuid LEAF"},
        {"msr 0x480", "msr INDEX"},
        {"register cr3 = 0x1", "register cr0"},
        {"guest_cs_limits = 0x1", "guest_cs_limit"},
    };
    for (const auto& [line, expected] : lines) {
        const Dump dump = read_dumps(std::string("nadir vmcs dump 1\nguest_cr3 = 0x1000\n") + line, std::nullopt)[0];
        ASSERT_EQ(dump.problems.size(), 1u) << line;
        EXPECT_EQ(dump.problems[0].line, 3u);
        EXPECT_THAT(dump.problems[0].expected, HasSubstr(expected)) << line;
        EXPECT_EQ(value(dump, guest_cr3.encoding), 0x1000u);
    }
    // MSRs that are of no use here are no mistake.
    EXPECT_TRUE(read_dumps("nadir vmcs dump 1\nmsr 0x10 = 0x5\n", std::nullopt)[0].problems.empty());
}

TEST(FieldList, NamesOfOthers) {
    const std::pair<const char*, std::uint32_t> names[] = {
        {"guest_cs_access_rights", guest_cs_access_rights.encoding},
        {"GUEST_CS_AR_BYTES", guest_cs_access_rights.encoding},
        {"Guest CS access rights", guest_cs_access_rights.encoding},
        {"VMCS_GUEST_CS_ACCESS_RIGHTS", guest_cs_access_rights.encoding},
        {"VMX_VMCS32_GUEST_CS_ACCESS_RIGHTS", guest_cs_access_rights.encoding},
        {"0x4816", guest_cs_access_rights.encoding},
        {"GUEST_ES_SEL", guest_es_selector.encoding},
        {"PIN_BASED_VM_EXEC_CONTROL", pin_controls.encoding},
        {"pin-based VM-execution controls", pin_controls.encoding},
        {"CPU_BASED_VM_EXEC_CONTROL", primary_controls.encoding},
        {"VMCS_CTRL_PROCESSOR_BASED_VM_EXECUTION_CONTROLS", primary_controls.encoding},
        {"VM_ENTRY_INTR_INFO_FIELD", entry_interruption_information.encoding},
        {"VM-entry interruption-information field", entry_interruption_information.encoding},
        {"VMCS_LINK_POINTER", link_pointer.encoding},
        {"GUEST_IA32_EFER", guest_efer.encoding},
        {"GUEST_PDPTR2", guest_pdpte2.encoding},
        {"IO_BITMAP_A_FULL", io_bitmap_a.encoding},
        {"EPT_POINTER", eptp.encoding},
        {"VM-exit instruction length", exit_instruction_length.encoding},
        {"CR4 guest/host mask", cr4_mask.encoding},
    };
    for (const auto& [name, encoding] : names) {
        const NamedField named = field_named(name);
        ASSERT_NE(named.field, nullptr) << name;
        EXPECT_EQ(named.field->encoding.value, encoding) << name;
        EXPECT_FALSE(named.high_half);
    }
    for (const char* name : {"", "x", "guest", "0x4899", "0x14816", "0x", "guest_cs_high", "_", "vmcs"}) {
        EXPECT_EQ(field_named(name).field, nullptr) << name;
    }
    // Our own names are never taken for another's.
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        EXPECT_EQ(field_named(field.name).field, &field);
    }
}

TEST(FieldList, Values) {
    const Dump dump = read_field_list("# a comment\n"
                                      "// another\n"
                                      "guest_cr3 = 0x1000 # behind it\n"
                                      "GUEST_CR4: 2020,\n"
                                      "guest_rip=0xfffff800`12345678;\n"
                                      "guest_cs_selector = 10h\n"
                                      "[ 9021.3]  guest_dr7 = 0x400 (initial)\n"
                                      "IO_BITMAP_A_FULL = 0x1000\n"
                                      "IO_BITMAP_A_HIGH = 0x2\n"
                                      "0x2003 = 0x5\n"
                                      "0x2002 = 0x3000\n",
                                      DumpFormat::list);
    EXPECT_TRUE(dump.problems.empty());
    EXPECT_EQ(value(dump, guest_cr3.encoding), 0x1000u);
    EXPECT_EQ(value(dump, guest_cr4.encoding), 0x2020u);
    EXPECT_EQ(value(dump, guest_rip.encoding), 0xfffff80012345678u);
    EXPECT_EQ(value(dump, guest_cs_selector.encoding), 0x10u);
    EXPECT_EQ(value(dump, guest_dr7.encoding), 0x400u);
    EXPECT_EQ(value(dump, io_bitmap_a.encoding), 0x2'0000'1000u);
    EXPECT_EQ(value(dump, io_bitmap_b.encoding), 0x5'0000'3000u);
}

TEST(FieldList, Mistakes) {
    const std::pair<const char*, const char*> lines[] = {
        {"hello", "\"field = value\" is expected"},
        {"= 5", "\"field = value\" is expected"},
        {"guest_cr3 = ", "a hexadecimal number is expected as the value of guest_cr3"},
        {"guest_cr3 = INVALID_VALUE", "a hexadecimal number is expected as the value of guest_cr3"},
        {"guest_cr3 = 0x1 0x2", "a hexadecimal number is expected as the value of guest_cr3"},
        {"guest_cr33 = 0x1", "no VMCS field is called \"guest_cr33\" (is it one of guest_cr3"},
        {"vpid = 0x10000", "vpid is a 16-bit field"},
        {"0x2001 = 0x5", "the other half of io_bitmap_a is missing"},
        {"TSC_OFFSET_HIGH = 0x5", "don't fit together"},
    };
    for (const auto& [line, expected] : lines) {
        const Dump dump = read_field_list(std::string("tsc_offset = 0x100000000\n") + line, DumpFormat::list);
        ASSERT_EQ(dump.problems.size(), 1u) << line;
        EXPECT_EQ(dump.problems[0].line, 2u);
        EXPECT_THAT(dump.problems[0].expected, HasSubstr(expected));
    }
}

TEST(JsonDump, Mistakes) {
    const std::pair<const char*, const char*> texts[] = {
        {"{", "not whole JSON"},
        {"{}", "nadir dump --json"},
        {R"({"kind": "nadir vmcs dump", "format": 2, "fields": {}})", "format 1"},
        {R"({"kind": "nadir vmcs dump", "format": 1})", "an object with the VMCS fields"},
        {R"({"kind": "nadir vmcs dump", "format": 1, "fields": {"guest_cr9": "0x1"}})", "no VMCS field"},
        {R"({"kind": "nadir vmcs dump", "format": 1, "fields": {"guest_cr3": []}})", "a number is expected"},
        {R"({"kind": "nadir vmcs dump", "format": 1, "processor": "x", "fields": {}})", "a number is expected"},
        {R"({"kind": "nadir vmcs dump", "format": 1, "fields": {}, "capabilities": {}})", "cpuid"},
    };
    for (const auto& [text, expected] : texts) {
        const Dump dump = read_json_dump(text);
        ASSERT_EQ(dump.problems.size(), 1u) << text;
        EXPECT_THAT(dump.problems[0].expected, HasSubstr(expected));
    }
}

TEST(FieldWords, PartsOfBits) {
    const arch::VmcsFieldInfo& rights = *arch::find_vmcs_field(guest_cs_access_rights.encoding);
    EXPECT_EQ(parts_of_bits(rights, 0x8000), "g (bit 15: limit in 4-KiB units)");
    EXPECT_EQ(parts_of_bits(rights, 0xF00), "reserved (bits 11:8)");
    EXPECT_EQ(bit_ranges(0x8000'0000'0000'0005), "bits 63, 2 and 0");
    EXPECT_EQ(value_and_words(*arch::find_vmcs_field(guest_rip.encoding), 0x10), "0x10");
    EXPECT_EQ(value_words(*arch::find_vmcs_field(guest_rflags.encoding), 0x202), "interrupt_enable");
}

} // namespace
} // namespace nadir::tool
