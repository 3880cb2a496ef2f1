// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Each rule of VM entry, broken in turn on a VMCS that is otherwise fit.
#include "check/entry/check_entry.h"

#include "check/entry/groups.h"
#include "tests/check/entry_cases.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace nadir::check {
namespace {

using namespace arch::vmcs;
using test::Case;
using test::State;

std::string words(const State& state, const EntryReport& report) {
    std::string all;
    for (const Violation& violation : report.all()) {
        char text[600];
        describe(violation, state.vmcs.view(), text);
        all += std::string(violation.rule->identifier) + ": " + text + "\n";
    }
    return all;
}

TEST(EntryRules, BaselinesAreAccepted) {
    const std::pair<const char*, VmcsImage> baselines[] = {
        {"64-bit", test::vmcs_64()},
        {"compatibility", test::vmcs_compatibility()},
        {"PAE", test::vmcs_pae()},
        {"virtual-8086", test::vmcs_virtual_8086()},
        {"real", test::vmcs_real()},
        {"HLT", test::vmcs_halted()},
        {"wait-for-SIPI", test::vmcs_wait_for_sipi()},
    };
    for (const auto& [name, vmcs] : baselines) {
        State state;
        state.vmcs = vmcs;
        const EntryReport report = state.check();
        EXPECT_EQ(report.count, 0u) << name << "\n" << words(state, report);
        EXPECT_EQ(report.unchecked, 0u) << name;
        EXPECT_EQ(report.outcome, EntryOutcome::success);
        // On a processor that only has what it needs, too.
        state.caps = test::example_processor();
        EXPECT_EQ(state.check().count, 0u) << name << "\n" << words(state, state.check());
    }
}

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (auto some :
         {test::control_cases(), test::address_cases(), test::host_cases(), test::guest_register_cases(),
          test::guest_segment_cases(), test::non_register_cases(), test::newer_state_cases(), test::msr_list_cases()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

EntryOutcome outcome_of(std::string_view identifier) {
    for (unsigned number = 0; number < entry_rule_groups; ++number) {
        const EntryRuleGroup group = entry_rule_group(number);
        for (const EntryRule& rule : group.rules) {
            if (rule.identifier == identifier) {
                return group.outcome;
            }
        }
    }
    return EntryOutcome::success;
}

TEST(EntryRules, EachBrokenInTurn) {
    for (const Case& test_case : all_cases()) {
        SCOPED_TRACE(test_case.rule);
        State state;
        test_case.change(state);
        const EntryReport report = state.check();
        EXPECT_TRUE(report.violates(test_case.rule)) << words(state, report);
        // Nothing of an earlier phase may be broken by the same change.
        EXPECT_EQ(report.outcome, outcome_of(test_case.rule)) << words(state, report);
        EXPECT_EQ(report.dropped, 0u);
    }
}

TEST(EntryRules, EachHasACase) {
    std::set<std::string_view> covered;
    const std::vector<Case> cases = all_cases();
    for (const Case& test_case : cases) {
        covered.insert(test_case.rule);
    }
    std::set<std::string_view> identifiers;
    for (unsigned number = 0; number < entry_rule_groups; ++number) {
        for (const EntryRule& rule : entry_rule_group(number).rules) {
            EXPECT_TRUE(identifiers.insert(rule.identifier).second) << rule.identifier << " twice";
            EXPECT_TRUE(covered.contains(rule.identifier)) << rule.identifier;
            EXPECT_FALSE(rule.words.empty());
            EXPECT_GT(rule.hint.size(), 10u) << rule.identifier;
            EXPECT_GT(rule.fields.count(), 0u) << rule.identifier;
        }
    }
    EXPECT_EQ(covered.size(), identifiers.size());
}

EntryOutcome outcome_without(const State& state, const EntryRule& off) {
    const MemoryReader reader = test::reader_of(state.memory);
    const EntryContext context(state.vmcs.view(), state.caps, &reader);
    EntryOutcome outcome = EntryOutcome::success;
    for (unsigned number = 0; number < entry_rule_groups; ++number) {
        const EntryRuleGroup group = entry_rule_group(number);
        for (const EntryRule& rule : group.rules) {
            context.begin_rule();
            if (&rule != &off && rule.test(context).broken && !context.unknown()) {
                outcome = std::min(outcome, group.outcome);
            }
        }
    }
    return outcome;
}

// No rule is idle: each has a case whose verdict changes when that rule is switched off.
TEST(EntryRules, EachSwitchedOffChangesAVerdict) {
    std::set<std::string_view> needed;
    for (const Case& test_case : all_cases()) {
        State state;
        test_case.change(state);
        const EntryReport report = state.check();
        for (const Violation& violation : report.all()) {
            if (outcome_without(state, *violation.rule) != report.outcome) {
                needed.insert(violation.rule->identifier);
            }
        }
    }
    for (unsigned number = 0; entry_rule(number).rule != nullptr; ++number) {
        EXPECT_TRUE(needed.contains(entry_rule(number).rule->identifier)) << entry_rule(number).rule->identifier;
    }
}

// A field that isn't known makes rules unchecked, and none of them violated.
TEST(EntryRules, UnknownFieldsAreNotJudged) {
    const arch::Capabilities caps = test::generous_processor();
    EntryReport report;
    const VmcsImage nothing;
    check_entry(nothing.view(), caps, nullptr, report);
    EXPECT_EQ(report.count, 0u);
    EXPECT_GT(report.unchecked, 100u);
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        VmcsImage vmcs = test::vmcs_64();
        vmcs.forget(field.encoding.value);
        check_entry(vmcs.view(), caps, nullptr, report);
        EXPECT_EQ(report.count, 0u) << field.name;
    }
    VmcsImage vmcs = test::vmcs_64();
    check_entry(vmcs.view(), arch::Capabilities{}, nullptr, report);
    EXPECT_GT(report.unchecked, 0u);
}

TEST(EntryRules, Words) {
    State state;
    state.flip(guest_cs_access_rights.encoding, 0x100);
    const EntryReport report = state.check();
    ASSERT_EQ(report.count, 1u);
    char text[500];
    describe(report.violations[0], state.vmcs.view(), text);
    EXPECT_STREQ(text,
                 "bits 11:8 and 31:17 of the access rights are 0 (guest_cs_access_rights = 0xa19b, wrong bits 0x100) "
                 "[SDM3 \"Checks on Guest Segment Registers\"]. LAR and descriptors have limit bits where the VMCS has "
                 "zeroes: keep F0FFH after shifting right by 8");
}

// The processor names the list's entry in the exit qualification: the first that it refuses.
TEST(EntryRules, MsrListEntry) {
    State state;
    for (const Case& test_case : test::msr_list_cases()) {
        if (test_case.rule == "msr-load.tsc-aux") {
            test_case.change(state);
        }
    }
    const EntryReport report = state.check();
    ASSERT_EQ(report.count, 1u);
    EXPECT_EQ(report.outcome, EntryOutcome::exit_34);
    EXPECT_EQ(report.violations[0].qualification(), 2u);
    EXPECT_NE(words(state, report).find("entry 2: MSR 0xc0000103 = 0x100000000"), std::string::npos)
        << words(state, report);
    // Entries behind `count` don't exist, and memory that can't be read is not judged.
    state.set(entry_msr_load_count.encoding, 1);
    EXPECT_EQ(state.check().count, 0u);
    state.set(entry_msr_load_count.encoding, 2);
    EntryReport without_memory;
    check_entry(state.vmcs.view(), state.caps, nullptr, without_memory);
    EXPECT_EQ(without_memory.count, 0u);
    EXPECT_GT(without_memory.unchecked, 0u);
    // An empty list may lie anywhere.
    state.set(entry_msr_load_count.encoding, 0);
    state.vmcs.forget(entry_msr_load_address.encoding);
    EXPECT_EQ(state.check().unchecked, 0u);
    // Any count ends.
    state.set(entry_msr_load_address.encoding, 0x8000);
    state.memory.clear();
    state.set(entry_msr_load_count.encoding, 0x0FFF'FFFF);
    EXPECT_EQ(state.check().outcome, EntryOutcome::success);
}

// A wrong mode bit makes every segment look wrong: the bit is named first, and nothing is cut off.
TEST(EntryRules, TheCauseComesBeforeItsConsequences) {
    State state;
    state.flip(guest_rflags.encoding, 1u << 17);
    const EntryReport report = state.check();
    ASSERT_GT(report.count, 12u);
    EXPECT_EQ(report.violations[0].rule->identifier, "guest.rflags.vm");
    EXPECT_EQ(report.dropped, 0u);
}

TEST(EntryRules, Qualifications) {
    State state;
    state.set(link_pointer.encoding, 0x1004);
    ASSERT_GE(state.check().count, 1u);
    EXPECT_EQ(state.check().violations[0].qualification(), 4u);
}

TEST(EntryRules, Numbers) {
    unsigned number = 0;
    for (unsigned i = 0; i < entry_rule_groups; ++i) {
        for (const EntryRule& rule : entry_rule_group(i).rules) {
            EXPECT_EQ(entry_rule(number).rule, &rule);
            EXPECT_EQ(entry_rule(number).group.outcome, entry_rule_group(i).outcome);
            ++number;
        }
    }
    EXPECT_EQ(entry_rule(number).rule, nullptr);
    EXPECT_EQ(entry_rule(~0u).rule, nullptr);
}

TEST(EntryRules, Cr3MayMaskAddressesWhereTheProcessorHasLam) {
    State state;
    state.flip(guest_cr3.encoding, arch::Cr3::lam_u48_mask);
    state.flip(host_cr3.encoding, arch::Cr3::lam_u57_mask);
    EXPECT_TRUE(state.check().violates("guest.cr3"));
    EXPECT_TRUE(state.check().violates("host.cr3"));
    state.caps.leaf_7_1.eax |= 1u << 26;
    EXPECT_EQ(state.check().count, 0u) << words(state, state.check());
}

TEST(EntryRules, SomeInjectionsAreFine) {
    const struct {
        unsigned type, vector;
        bool error_code;
    } events[] = {{0, 32, false}, {2, 2, false}, {3, 14, true}, {3, 6, false}, {3, 21, false}, {7, 0, false}};
    for (const auto& event : events) {
        State state;
        state.inject(event.type, event.vector, event.error_code);
        EXPECT_EQ(state.check().count, 0u) << words(state, state.check());
    }
    for (const unsigned type : {4u, 5u, 6u}) {
        State state;
        state.inject(type, 3);
        state.set(entry_instruction_length.encoding, 15);
        EXPECT_EQ(state.check().count, 0u);
        state.set(entry_instruction_length.encoding, 16);
        EXPECT_TRUE(state.check().violates("injection.instruction-length"));
    }
    // #CP has an error code, but without CET vector 21 is nothing but reserved.
    State control_protection;
    control_protection.inject(3, 21, true);
    EXPECT_TRUE(control_protection.check().violates("injection.error-code.unwanted"));
    control_protection.caps.leaf_7.ecx |= 1u << 7;
    EXPECT_EQ(control_protection.check().count, 0u);
    // In real mode there are no error codes.
    State state;
    state.vmcs = test::vmcs_real();
    state.inject(3, 13);
    EXPECT_EQ(state.check().count, 0u) << words(state, state.check());
    state.inject(3, 13, true);
    EXPECT_TRUE(state.check().violates("injection.error-code.unwanted"));
}

// Whatever is in the fields, the checker ends and its report stays within bounds.
TEST(EntryRules, AnyValues) {
    std::mt19937_64 random(1);
    for (unsigned round = 0; round < 2000; ++round) {
        State state;
        for (unsigned change = 0; change < 1 + round % 40; ++change) {
            const auto& field = arch::vmcs_fields[random() % VmcsImage::field_count];
            state.flip(field.encoding.value, round % 2 == 0 ? 1ull << (random() % 64) : random());
        }
        const EntryReport report = state.check();
        EXPECT_LE(report.count, EntryReport::capacity);
        EXPECT_EQ(report.outcome == EntryOutcome::success, report.count == 0);
        for (const Violation& violation : report.all()) {
            char text[800];
            EXPECT_LT(describe(violation, state.vmcs.view(), text), sizeof(text) - 1);
        }
    }
}

} // namespace
} // namespace nadir::check
