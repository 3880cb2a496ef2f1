// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A violation that goes through a log says the same afterwards.
#include "check/entry/rule_record.h"
#include "tests/check/entry_cases.h"

#include <string>

namespace nadir::check {
namespace {

using test::Case;
using test::State;

std::string words_of(const RuleRecord& record) {
    const std::uint64_t numbers[] = {record.rule,      record.bits,      record.values[0],
                                     record.values[1], record.values[2], record.values[3]};
    char text[900];
    return {text, describe_record(numbers, text)};
}

TEST(RuleRecord, SaysTheSame) {
    for (const auto& cases : {test::guest_register_cases(), test::control_cases(), test::msr_list_cases()}) {
        for (const Case& test_case : cases) {
            State state;
            test_case.change(state);
            const EntryReport report = state.check();
            ASSERT_GT(report.count, 0u);
            for (const Violation& violation : report.all()) {
                SCOPED_TRACE(violation.rule->identifier);
                const RuleRecord record = record_of(violation, state.vmcs.view());
                const std::string words = words_of(record);
                EXPECT_EQ(words.find(violation.rule->identifier), 0u);
                // The list's own fields are left out for its entry; and at most four fields are kept.
                if (violation.msr.number != 0 || violation.rule->fields.count() > RuleRecord::shown_values) {
                    continue;
                }
                char text[900];
                describe(violation, state.vmcs.view(), text);
                EXPECT_EQ(words, std::string(violation.rule->identifier) + ": " + text);
            }
        }
    }
}

TEST(RuleRecord, ListedMsr) {
    State state;
    for (const Case& test_case : test::msr_list_cases()) {
        if (test_case.rule == "msr-load.smm") {
            test_case.change(state);
        }
    }
    const EntryReport report = state.check();
    ASSERT_EQ(report.count, 1u);
    const std::string words = words_of(record_of(report.violations[0], state.vmcs.view()));
    EXPECT_NE(words.find("entry 2: MSR 0x9b = 0x0"), std::string::npos) << words;
}

TEST(RuleRecord, AnotherVersionsRule) { EXPECT_EQ(words_of({100'000, 0, {}}), "rule 100000 of another version"); }

} // namespace
} // namespace nadir::check
