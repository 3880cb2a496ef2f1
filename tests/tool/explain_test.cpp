// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir explain`, from the command line.
#include "arch/vmx/fields.h"
#include "check/entry/groups.h"
#include "tests/check/example_vmcs.h"
#include "tests/tool/command_answer.h"
#include "tool/dump/explanation.h"
#include "tool/dump/write_dump.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using namespace arch::vmcs;
using test::CommandAnswer;
using test::run_command;
using test::sample_dump;
using test::TemporaryFile;
using ::testing::HasSubstr;
using ::testing::Not;

// A dump of ours with these fields changed.
std::string dump_text(const std::vector<std::pair<std::uint32_t, std::uint64_t>>& changes,
                      bool with_capabilities = true) {
    Dump dump;
    dump.vmcs = test::vmcs_64();
    for (const auto& [field, value] : changes) {
        dump.vmcs.set(field, value);
    }
    dump.processor = 1;
    dump.source = "live";
    if (with_capabilities) {
        dump.capabilities = test::generous_processor();
    }
    std::ostringstream out;
    write_dump(out, dump);
    return out.str();
}

CommandAnswer explain(const std::string& text, std::vector<std::string> words = {}) {
    const TemporaryFile file(text);
    words.insert(words.begin(), {"explain", file.path()});
    CommandAnswer answer = run_command(words);
    const std::size_t at = answer.out.find(file.path());
    if (at != std::string::npos) {
        answer.out.replace(at, file.path().size(), "FILE");
    }
    return answer;
}

unsigned all_rules() {
    unsigned rules = 0;
    for (unsigned number = 0; number < check::entry_rule_groups; ++number) {
        rules += static_cast<unsigned>(check::entry_rule_group(number).rules.size());
    }
    return rules;
}

TEST(Explain, ExactWords) {
    const CommandAnswer answer = explain(dump_text({{guest_cs_access_rights.encoding, 0xa19b}}));
    EXPECT_EQ(answer.status, 1);
    EXPECT_EQ(answer.err, "");
    EXPECT_EQ(
        answer.out,
        fmt::format("FILE: a VMCS dump of Nadir; {} fields\n"
                    "  source: live, processor 1\n"
                    "  capabilities: from the dump\n"
                    "\n"
                    "This VM entry fails: 1 rule is violated; all {} rules were checked.\n"
                    "The outcome is a VM exit with reason 80000021H (VM-entry failure due to invalid guest state).\n"
                    "\n"
                    "1. guest.cs.reserved\n"
                    "   rule: bits 11:8 and 31:17 of the access rights are 0\n"
                    "   guest_cs_access_rights = 0xa19b (type=11 s p l g reserved=0x100)\n"
                    "       wrong: reserved (bit 8)\n"
                    "   outcome: a VM exit with reason 80000021H (VM-entry failure due to invalid guest state), "
                    "qualification 0\n"
                    "   manual: SDM3 \"Checks on Guest Segment Registers\"\n"
                    "   hint: LAR and descriptors have limit bits where the VMCS has zeroes: keep F0FFH after shifting "
                    "right by 8\n",
                    std::size(arch::vmcs_fields), all_rules()));
}

TEST(Explain, NothingViolated) {
    const CommandAnswer answer = explain(dump_text({}));
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.out,
                HasSubstr(fmt::format("No violated rule was found; all {} rules were checked.", all_rules())));
    EXPECT_THAT(answer.out, Not(HasSubstr("Not checked")));
}

TEST(Explain, WithoutCapabilities) {
    // Bit 63 of CR3 is wrong everywhere; bit 45 where addresses have at most 45 bits.
    const CommandAnswer everywhere = explain(dump_text({{guest_cr3.encoding, 1ull << 63 | 1ull << 45}}, false));
    EXPECT_EQ(everywhere.status, 1);
    EXPECT_THAT(everywhere.out, HasSubstr("guest.cr3"));
    EXPECT_THAT(everywhere.out, HasSubstr("wrong: no_flush (bit 63"));
    EXPECT_THAT(everywhere.out, HasSubstr("--model NAME"));
    const std::string somewhere = dump_text({{guest_cr3.encoding, 1ull << 45}}, false);
    const CommandAnswer unknown = explain(somewhere, {"--verbose"});
    EXPECT_EQ(unknown.status, 7);
    EXPECT_THAT(unknown.out,
                HasSubstr("guest.cr3: CR3 lies within the physical-address width (depends on the processor)"));
    const CommandAnswer model = explain(somewhere, {"--model", "corei7_skylake_x"});
    EXPECT_EQ(model.status, 1);
    EXPECT_THAT(model.out, HasSubstr("capabilities: the model corei7_skylake_x (Bochs 2.7, corei7_skylake_x)"));
    EXPECT_THAT(model.out, HasSubstr("guest.cr3"));
}

TEST(Explain, CapabilitiesFromAFile) {
    test::FakeSystem system;
    const TemporaryFile caps(test::run_command(system, {"caps", "--json"}).out);
    const CommandAnswer answer = explain(dump_text({{guest_cr3.encoding, 1ull << 45}}, false), {"--caps", caps.path()});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.out, HasSubstr("processor 1 in " + caps.path()));
    // They count more than those of the dump.
    EXPECT_THAT(explain(dump_text({}), {"--caps", caps.path()}).out, Not(HasSubstr("from the dump")));
    const TemporaryFile broken("{}");
    EXPECT_EQ(explain(dump_text({}), {"--caps", broken.path()}).status, 2);
}

TEST(Explain, MissingFieldsAreNamed) {
    std::string text = dump_text({});
    const std::size_t at = text.find("link_pointer = ");
    text.erase(at, text.find('\n', at) - at + 1);
    const CommandAnswer answer = explain(text, {"-v"});
    EXPECT_EQ(answer.status, 7);
    EXPECT_THAT(answer.out, HasSubstr("for lack of fields in the dump, most of all link_pointer"));
    EXPECT_THAT(answer.out, HasSubstr("(needs link_pointer)"));
    EXPECT_THAT(explain(text).out, Not(HasSubstr("(needs link_pointer)")));
}

TEST(Explain, LinesThatCannotBeRead) {
    const CommandAnswer answer = explain(dump_text({{guest_cs_access_rights.encoding, 0xa19b}}) + "guest_crx = 0x5\n");
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.out, HasSubstr("1 line could not be read:\n"));
    EXPECT_THAT(answer.out, HasSubstr(": guest_crx = 0x5: no VMCS field is called \"guest_crx\""));
    EXPECT_THAT(answer.out, HasSubstr("guest.cs.reserved"));
    EXPECT_EQ(answer.err, "");
}

TEST(Explain, RecordedOutcomes) {
    const std::string good = dump_text({});
    const auto recorded = [&](const std::string& words) { return explain(good + words + "\n"); };
    // A failure without a violated rule is said, and every rule that wasn't checked is named.
    const CommandAnswer none = explain(dump_text({}, false) + "exit reason 0x80000021\n");
    EXPECT_EQ(none.status, 7);
    EXPECT_THAT(none.out, HasSubstr("But the dump recorded a failure: VM exit 33"));
    EXPECT_THAT(none.out, HasSubstr("control.pin.reserved: "));
    EXPECT_THAT(recorded("instruction error 8").out, HasSubstr("recorded: VM-instruction error 8"));
    EXPECT_THAT(recorded("exit reason 0x30").out, HasSubstr("which is no failed VM entry"));

    const std::string bad = dump_text({{guest_rflags.encoding, 0x200}});
    EXPECT_THAT(explain(bad + "exit reason 0x80000021\n").out, HasSubstr("That is what the dump recorded."));
    EXPECT_THAT(explain(bad + "exit reason 0x80000022\n").out,
                HasSubstr("The dump recorded another outcome: VM exit 34"));
    EXPECT_THAT(explain(bad + "instruction error 7\n").out, HasSubstr("The dump recorded another outcome"));
}

TEST(Explain, TheEarliestPhaseCounts) {
    const CommandAnswer answer =
        explain(dump_text({{guest_rflags.encoding, 0x200}, {host_cs_selector.encoding, 0}, {vpid.encoding, 0}}));
    EXPECT_THAT(answer.out, HasSubstr("3 rules are violated"));
    EXPECT_THAT(answer.out, HasSubstr("The outcome is VMfailValid with VM-instruction error 7"));
    EXPECT_THAT(answer.out, HasSubstr("3. guest.rflags"));
}

TEST(Explain, Json) {
    const CommandAnswer answer = explain(dump_text({{guest_cs_access_rights.encoding, 0xa19b}}), {"--json"});
    const auto json = answer.json();
    EXPECT_EQ(json["outcome"], "exit-33");
    EXPECT_EQ(json["agreement"], "nothing-recorded");
    EXPECT_EQ(json["violations"].size(), 1u);
    EXPECT_EQ(json["violations"][0]["rule"], "guest.cs.reserved");
    EXPECT_EQ(json["violations"][0]["wrong_bits"], "0x100");
    EXPECT_EQ(json["violations"][0]["fields"][0]["value"], "0xa19b");
    EXPECT_EQ(json["checked"], all_rules());
    EXPECT_TRUE(json["unchecked"].empty() && json["problems"].empty());
    EXPECT_EQ(explain(dump_text({}, false), {"--json"}).json()["unchecked"][0]["needs_capabilities"], true);
}

TEST(Explain, WhatTheCommandLineRefuses) {
    const std::vector<std::vector<std::string>> mistakes = {
        {"explain"},
        {"explain", "/does/not/exist"},
        {"explain", sample_dump("xen_cr3.txt"), "--model", "corei9"},
        {"explain", sample_dump("xen_cr3.txt"), "--number", "2"},
        {"explain", sample_dump("xen_cr3.txt"), "--format", "vmware"},
        {"explain", sample_dump("xen_cr3.txt"), "--format", "list"},
        {"explain", "--error", "0"},
        {"explain", "--error", "29"},
        {"explain", "--error", "seven"},
        {"explain", "--error", "7", "--instruction", "MOV"},
        {"explain", "--instruction", "VMXON"},
    };
    for (const auto& words : mistakes) {
        const CommandAnswer answer = run_command(words);
        EXPECT_EQ(answer.status, 2) << answer.out;
        EXPECT_FALSE(answer.err.empty());
    }
    EXPECT_THAT(run_command({"explain", sample_dump("xen_cr3.txt"), "--model", "haswel"}).err,
                HasSubstr("corei7_haswell_4770"));
    EXPECT_EQ(run_command({"explain", "--list-models"}).status, 0);
    EXPECT_EQ(run_command({"explain", "--list-models", "--json"}).json().size(), 11u);
}

TEST(ExplainError, EachNumberWithAMeaningHasAdvice) {
    for (unsigned number = 1; number <= 28; ++number) {
        const CommandAnswer answer = run_command({"explain", "--error", std::to_string(number)});
        EXPECT_EQ(answer.status, 0);
        const bool meaningless = number == 14 || number == 21 || number == 27;
        EXPECT_EQ(answer.out.find("no meaning") != std::string::npos, meaningless) << number;
        EXPECT_EQ(answer.out.find("what to do: ") == std::string::npos, meaningless) << number;
    }
}

TEST(ExplainError, ByInstruction) {
    const CommandAnswer vmxon = run_command({"explain", "--error", "invalid", "--instruction", "vmxon"});
    EXPECT_THAT(vmxon.out, HasSubstr("revision identifier"));
    EXPECT_THAT(vmxon.out, Not(HasSubstr("VMLAUNCH:")));
    EXPECT_THAT(run_command({"explain", "--error", "#GP", "--instruction", "VMXON"}).out,
                HasSubstr("IA32_FEATURE_CONTROL"));
    EXPECT_THAT(run_command({"explain", "--error", "ud", "--instruction", "VMXON"}).out, HasSubstr("CR4.VMXE"));
    EXPECT_THAT(run_command({"explain", "--error", "12", "--instruction", "VMXON"}).out, HasSubstr("doesn't fail so"));
    EXPECT_EQ(run_command({"explain", "--error", "28", "--instruction", "INVVPID", "--json"}).json()["advice"].size(),
              1u);
}

} // namespace
} // namespace nadir::tool
