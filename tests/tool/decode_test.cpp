// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir decode`: what it prints, and what it says when it can't.
#include "tests/tool/run_command.h"
#include "tool/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
using test::Answer;
using test::command;

std::string decoded(std::vector<const char*> words) {
    words.insert(words.begin(), "decode");
    const Answer answer = command(words);
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_TRUE(answer.err.empty()) << answer.err;
    return answer.out;
}

std::string refused(std::vector<const char*> words) {
    words.insert(words.begin(), "decode");
    const Answer answer = command(words);
    EXPECT_EQ(answer.status, 2) << answer.out;
    EXPECT_TRUE(answer.out.empty()) << answer.out;
    return answer.err;
}

TEST(Decode, FlagsThatAreSet) {
    EXPECT_EQ(decoded({"efer", "0xd01"}), "ia32_efer (MSR 0xc0000080) = 0xd01: extended feature enable\n"
                                          "   0  sce  1  SYSCALL and SYSRET enable\n"
                                          "   8  lme  1  IA-32e mode enable\n"
                                          "  10  lma  1  IA-32e mode active (read only)\n"
                                          "  11  nxe  1  execute-disable enable\n");
}

TEST(Decode, AllFlags) {
    EXPECT_EQ(decoded({"efer", "0x900", "--all"}), "ia32_efer (MSR 0xc0000080) = 0x900: extended feature enable\n"
                                                   "   0  sce  0  SYSCALL and SYSRET enable\n"
                                                   "   8  lme  1  IA-32e mode enable\n"
                                                   "  10  lma  0  IA-32e mode active (read only)\n"
                                                   "  11  nxe  1  execute-disable enable\n");
}

TEST(Decode, SegmentOfAVmcs) {
    EXPECT_EQ(decoded({"GUEST_CS_AR_BYTES", "0xa09b"}),
              "guest_cs_access_rights (VMCS field 0x4816) = 0xa09b: guest state\n"
              "  3:0  type  11  segment type\n"
              "    4  s     1   0: system; 1: code or data\n"
              "  6:5  dpl   0   descriptor privilege level\n"
              "    7  p     1   present\n"
              "   13  l     1   64-bit code segment\n"
              "   15  g     1   limit in 4-KiB units\n"
              "  type 11: code, execute/read, accessed\n");
    EXPECT_THAT(decoded({"access_rights", "0x10000"}), HasSubstr("unusable: the other bits mean nothing\n"));
    EXPECT_THAT(decoded({"access_rights", "0x8b"}), HasSubstr("type 11: system: TSS, busy\n"));
}

TEST(Decode, EventWithItsVector) {
    EXPECT_EQ(decoded({"interruption_information", "0x80000b0e"}),
              "interruption_information (event) = 0x80000b0e: interruption information of the VMCS\n"
              "   7:0  vector              14                      vector\n"
              "  10:8  type                3 (hardware exception)  type\n"
              "    11  deliver_error_code  1                       an error code goes with it\n"
              "    31  valid               1                       there is an event\n"
              "  vector 14 is #PF\n");
    EXPECT_THAT(decoded({"interruption_information", "0"}), HasSubstr("not valid: there is no event\n"));
}

TEST(Decode, ExitReasonAndInstructionError) {
    EXPECT_EQ(decoded({"exit_reason", "0x80000021"}),
              "exit_reason (VMCS field 0x4402) = 0x80000021: read-only data\n"
              "  15:0  basic          33 (VM-entry failure: invalid guest state)  basic exit reason\n"
              "    31  entry_failure  1                                           VM-entry failure\n");
    EXPECT_EQ(decoded({"instruction_error", "7"}),
              "instruction_error (VMCS field 0x4400) = 7 (VM entry: a VM-execution, exit or entry control is invalid): "
              "read-only data\n");
}

TEST(Decode, ExitQualifications) {
    const std::string ept = decoded({"exit-qualification:48", "0x181"});
    EXPECT_EQ(ept, "ept_violation_qualification (exit qualification, exit reason 48) = 0x181: EPT violations\n"
                   "  0  read                  1  the access was a read\n"
                   "  7  linear_address_valid  1  the guest-linear-address field is valid\n"
                   "  8  final_translation     1  1: the access itself; 0: the guest's paging structures on the way to "
                   "it\n");
    for (const char* name :
         {"exit_qualification.ept", "exit_qualification.ept_violation", "ept_violation_qualification",
          "qualification:EXIT_REASON_EPT_VIOLATION", "exit-qualification:0x80000030"}) {
        EXPECT_EQ(decoded({name, "0x181"}), ept) << name;
    }
    EXPECT_THAT(decoded({"exit_qualification.cr_access", "0x304"}),
                HasSubstr("  11:8  general_register  3 (RBX)        number of the general register (MOV CR)\n"));
    EXPECT_THAT(decoded({"exit_qualification.io_instruction", "0x3f80009"}),
                HasSubstr("  reads 2 bytes at port 0x3f8\n"));
    EXPECT_THAT(decoded({"exit_qualification.invvpid", "8"}), StartsWith("displacement_qualification "));
    EXPECT_THAT(decoded({"instruction_information.vmwrite", "0x400"}), StartsWith("vmread_information "));
    EXPECT_THAT(decoded({"exit_qualification", "0x181"}), HasSubstr("depends on the exit reason"));
}

TEST(Decode, ReservedBits) {
    EXPECT_THAT(decoded({"efer", "0x102"}), HasSubstr("  reserved bits set: 0x2\n"));
    EXPECT_THAT(decoded({"rflags", "0x8"}), HasSubstr("  reserved bits set: 0x8\n"
                                                      "  reserved bits that must be 1 are clear: 0x2\n"));
    EXPECT_THAT(decoded({"rflags", "0x2"}), Not(HasSubstr("reserved")));
    EXPECT_THAT(decoded({"guest_dr7", "0x400"}), Not(HasSubstr("reserved")));
}

TEST(Decode, CapabilityMsrNamesTheControls) {
    const std::string answer = decoded({"ia32_vmx_pinbased_ctls", "0x0000007f00000016"});
    EXPECT_THAT(answer, HasSubstr("  63:32  allowed1  0x7f  controls that may be 1\n  controls:\n"));
    EXPECT_THAT(answer, HasSubstr("0  external_interrupt_exiting  0 or 1 "));
    EXPECT_THAT(answer, Not(HasSubstr("posted")));
    EXPECT_THAT(decoded({"ia32_vmx_pinbased_ctls", "0x0000007f00000016", "--all"}),
                HasSubstr("7  posted_interrupts           must be 0 "));
    EXPECT_THAT(decoded({"msr:0x481", "0x100000001"}), HasSubstr("0  external_interrupt_exiting  must be 1 "));
}

TEST(Decode, CpuidLeaf) {
    const std::string answer = decoded({"cpuid.7.0", "0x0", "0x80", "0x4", "0x0"});
    EXPECT_EQ(answer, "cpuid.0x7.0.eax (CPUID leaf 0x7, sub-leaf 0, EAX) = 0x0: extended features\n"
                      "  31:0  highest_sub_leaf  0x0  highest sub-leaf\n"
                      "\n"
                      "cpuid.0x7.0.ebx (CPUID leaf 0x7, sub-leaf 0, EBX) = 0x80: extended features\n"
                      "  7  smep  1  supervisor-mode execution prevention\n"
                      "\n"
                      "cpuid.0x7.0.ecx (CPUID leaf 0x7, sub-leaf 0, ECX) = 0x4: extended features\n"
                      "      2  umip   1  user-mode instruction prevention\n"
                      "  21:17  mawau  0  MPX address-width adjust\n"
                      "\n"
                      "cpuid.0x7.0.edx (CPUID leaf 0x7, sub-leaf 0, EDX) = 0x0: extended features\n");
    for (const char* name : {"cpuid:7", "cpuid.0x7", "CPUID.07H", "cpuid.(EAX=07H,ECX=0)", "0x7"}) {
        EXPECT_EQ(decoded({name, "0x0", "0x80", "0x4", "0x0"}), answer) << name;
    }
    const std::string ebx = decoded({"cpuid.7.0.ebx", "0x80"});
    for (const char* name : {"CPUID.(EAX=07H,ECX=0):EBX", "CPUID.07H:EBX[bit 7]", "cpuid_7_ebx", "cpuid.7.EBX.SMEP"}) {
        EXPECT_EQ(decoded({name, "0x80"}), ebx) << name;
    }
    EXPECT_THAT(decoded({"cpuid.d.5.ecx", "2"}), StartsWith("cpuid.0xd.5.ecx (CPUID leaf 0xd, sub-leaf 5, ECX)"));
    EXPECT_THAT(refused({"cpuid.7", "0x80"}), HasSubstr("4 values, EAX EBX ECX EDX, not 1"));
    EXPECT_THAT(refused({"cpuid.99", "0x80"}), HasSubstr("nadir list --kind cpuid"));
    EXPECT_THAT(refused({"cpuid.xyz", "0x80"}), HasSubstr("is not a CPUID leaf"));
}

TEST(Decode, Layout) {
    EXPECT_EQ(decoded({"tpr_threshold"}),
              "tpr_threshold (VMCS field 0x401c), 32 bits: control\n"
              "  3:0  threshold  VM exit when bits 7:4 of the virtual TPR fall below this\n");
    EXPECT_EQ(decoded({"guest_activity_state"}), "guest_activity_state (VMCS field 0x4826), 32 bits: guest state\n"
                                                 "  31:0  one of:\n"
                                                 "  0  active\n"
                                                 "  1  HLT\n"
                                                 "  2  shutdown\n"
                                                 "  3  wait-for-SIPI\n");
    EXPECT_EQ(decoded({"lstar"}), "ia32_lstar (MSR 0xc0000082), 64 bits: SYSCALL: entry point in 64-bit mode\n"
                                  "  63:0  a number\n");
}

TEST(Decode, SaysHowItReadDigits) {
    EXPECT_THAT(decoded({"cr0", "80050033"}), HasSubstr("= 0x80050033"));
    EXPECT_THAT(decoded({"cr0", "80050033"}),
                HasSubstr("80050033 was read as hexadecimal; --dec reads it otherwise\n"));
    EXPECT_THAT(decoded({"cr0", "80050033", "--dec"}), HasSubstr("= 0x4c57771"));
    EXPECT_THAT(decoded({"exit_reason", "33"}), HasSubstr("33 was read as decimal; --hex reads it otherwise\n"));
    EXPECT_THAT(decoded({"exit_reason", "33", "--hex"}), HasSubstr("basic  51 (RDTSCP)"));
    for (const char* plain : {"0x21", "7", "21h", "0"}) {
        EXPECT_THAT(decoded({"exit_reason", plain}), Not(HasSubstr("was read as"))) << plain;
    }
}

TEST(Decode, NumbersThatMeanSeveralThings) {
    const std::string answer = decoded({"30", "0x3f80049"});
    EXPECT_THAT(answer, StartsWith("30 can mean 2 things; choose one by its name, or by its kind as in "
                                   "exit-qualification:30.\n\nio_qualification "));
    EXPECT_THAT(answer, HasSubstr("\n\nstring_io_information "));
}

TEST(Decode, Json) {
    const Json one = Json::parse(decoded({"efer", "0xd03", "--json"}))["decoded"][0];
    EXPECT_EQ(one["name"], "ia32_efer");
    EXPECT_EQ(one["kind"], "msr");
    EXPECT_EQ(one["number"], 0xC0000080u);
    EXPECT_EQ(one["bits"], 64);
    EXPECT_EQ(one["value"], "0xd03");
    EXPECT_EQ(one["text"], "0xd03");
    EXPECT_EQ(one["read_as"], "hexadecimal");
    EXPECT_EQ(one["words"], nullptr);
    EXPECT_EQ(one["reserved_set"], "0x2");
    EXPECT_EQ(one["reserved_clear"], "0x0");
    ASSERT_EQ(one["fields"].size(), 4u);
    EXPECT_EQ(one["fields"][1], Json({{"name", "lme"},
                                      {"high", 8},
                                      {"low", 8},
                                      {"kind", "flag"},
                                      {"description", "IA-32e mode enable"},
                                      {"value", "0x1"},
                                      {"words", nullptr}}));
    const Json leaf = Json::parse(decoded({"cpuid.1", "0x806c1", "0", "0", "0", "--json"}))["decoded"];
    ASSERT_EQ(leaf.size(), 4u);
    EXPECT_EQ(leaf[3]["register"], "edx");
    EXPECT_EQ(leaf[0]["notes"][0], "family 6, model 0x8c, stepping 1");
    const Json layout = Json::parse(decoded({"efer", "--json"}));
    EXPECT_TRUE(layout["decoded"].empty());
    EXPECT_EQ(layout["layouts"][0]["fields"].size(), 4u);
}

TEST(Decode, Refusals) {
    EXPECT_EQ(refused({"crr4", "1"}), "nadir: there is no register \"crr4\"\nDid you mean \"cr4\"?\n");
    EXPECT_EQ(refused({"guest_activty_state", "1"}),
              "nadir: there is no register \"guest_activty_state\"\nDid you mean \"guest_activity_state\"?\n");
    EXPECT_EQ(refused({"cr0", "0x1_0000_0000_0000_0000"}), "nadir: 0x1_0000_0000_0000_0000 is wider than 64 bits\n");
    EXPECT_EQ(refused({"guest_cs_access_rights", "0x100000000"}),
              "nadir: 0x100000000 has 33 bits; guest_cs_access_rights has 32\n");
    EXPECT_THAT(refused({"cr0", "paging"}), HasSubstr("\"paging\" is not a value"));
    EXPECT_THAT(refused({"cr0", "1ff", "--dec"}), HasSubstr("decimal digits only"));
    EXPECT_EQ(refused({"msr:cr4", "1"}), "nadir: cr4 is not of kind msr\nIt is register:cr4.\n");
    EXPECT_THAT(refused({"msr:0x12345", "1"}), HasSubstr("no MSR has the number 0x12345"));
    EXPECT_THAT(refused({"999", "1"}), HasSubstr("(decimal, 0x3e7)\nWrite 0x999 if it is hexadecimal"));
    EXPECT_THAT(refused({"kernel:cr4", "1"}), HasSubstr("there is no kind \"kernel\"\nThe kinds are register, msr,"));
    EXPECT_THAT(refused({"0x2803", "1"}), HasSubstr("0x2803 is the upper half of guest_debugctl\n"));
    EXPECT_THAT(refused({"GUEST_IA32_EFER_HIGH", "1"}), HasSubstr("is the upper half of guest_efer\n"));
    EXPECT_THAT(refused({"exit_qualification.cr_acess", "1"}), HasSubstr("\"exit-qualification.cr_access\""));
    EXPECT_THAT(refused({"exit_qualification.hlt", "1"}), HasSubstr("other VM exits have none"));
    EXPECT_FALSE(refused({}).empty());
    EXPECT_FALSE(refused({"cr0", "1", "--hex", "--dec"}).empty());
}

TEST(Decode, AssignmentInOneWord) {
    EXPECT_EQ(decoded({"guest_cr0=0x80050033"}), decoded({"guest_cr0", "0x80050033"}));
}

} // namespace
} // namespace nadir::tool
