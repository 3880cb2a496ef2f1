// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/field_words.h"
#include "tool/dump/print_explanation.h"
#include "tool/json.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

using Json = nlohmann::ordered_json;

std::string_view identifier_of(check::EntryOutcome outcome) {
    switch (outcome) {
    case check::EntryOutcome::vmfail_7: return "vmfail-7";
    case check::EntryOutcome::vmfail_8: return "vmfail-8";
    case check::EntryOutcome::exit_33: return "exit-33";
    case check::EntryOutcome::exit_34: return "exit-34";
    case check::EntryOutcome::success: return "success";
    }
    return {};
}

std::string_view identifier_of(Agreement agreement) {
    switch (agreement) {
    case Agreement::nothing_recorded: return "nothing-recorded";
    case Agreement::agrees: return "agrees";
    case Agreement::differs: return "differs";
    case Agreement::not_found: return "not-found";
    }
    return {};
}

Json field_json(const Dump& dump, std::uint32_t encoding) {
    Json json;
    const arch::VmcsFieldInfo* field = arch::find_vmcs_field(encoding);
    json["name"] = field == nullptr ? std::string{} : std::string(field->name);
    json["encoding"] = fmt::format("{:#06x}", encoding);
    json["value"] = nullptr;
    std::uint64_t value = 0;
    if (field != nullptr && dump.vmcs.get(encoding, value)) {
        json["value"] = fmt::format("{:#x}", value);
        json["words"] = value_words(*field, value);
    }
    return json;
}

Json violation_json(const Dump& dump, const check::Violation& violation) {
    Json json = {{"rule", violation.rule->identifier},
                 {"words", violation.rule->words},
                 {"section", violation.section},
                 {"outcome", identifier_of(violation.outcome)},
                 {"qualification", violation.qualification()},
                 {"wrong_bits", fmt::format("{:#x}", violation.bits)},
                 {"hint", violation.rule->hint},
                 {"fields", Json::array()}};
    for (unsigned i = 0; i < violation.rule->fields.count(); ++i) {
        json["fields"].push_back(field_json(dump, violation.rule->fields.encodings[i]));
    }
    return json;
}

Json unchecked_json(const UncheckedRule& rule) {
    Json json = {{"rule", rule.rule->identifier},   {"words", rule.rule->words},
                 {"section", rule.section},         {"outcome", identifier_of(rule.outcome)},
                 {"missing_fields", Json::array()}, {"needs_capabilities", rule.capabilities},
                 {"needs_memory", rule.memory}};
    for (const std::uint32_t encoding : rule.missing) {
        const arch::VmcsFieldInfo* field = arch::find_vmcs_field(encoding);
        json["missing_fields"].push_back(field == nullptr ? fmt::format("{:#06x}", encoding)
                                                          : std::string(field->name));
    }
    return json;
}

Json recorded_json(const RecordedOutcome& recorded) {
    Json json = {{"exit_reason", nullptr}, {"qualification", nullptr}, {"instruction_error", nullptr}};
    if (recorded.exit_reason) {
        json["exit_reason"] = fmt::format("{:#x}", *recorded.exit_reason);
    }
    if (recorded.qualification) {
        json["qualification"] = *recorded.qualification;
    }
    if (recorded.instruction_error) {
        json["instruction_error"] = *recorded.instruction_error;
    }
    json["failed"] = recorded.failed();
    return json;
}

} // namespace

Json explanation_to_json(const Dump& dump, const Explanation& explanation, const ExplanationContext& context) {
    Json json;
    json["format"] = 1;
    json["dump"] = {{"file", dump.file},     {"format", name_of(dump.format)}, {"first_line", dump.first_line},
                    {"fields", dump.fields}, {"source", dump.source},          {"truncated", nullptr}};
    if (!dump.truncated.empty()) {
        json["dump"]["truncated"] = dump.truncated;
    }
    json["dump"]["derived"] = Json::array();
    for (const DerivedField& derived : dump.derived) {
        Json one = field_json(dump, derived.encoding);
        one["because"] = derived.because;
        json["dump"]["derived"].push_back(one);
    }
    json["dump"]["notes"] = dump.notes;
    json["problems"] = Json::array();
    for (const DumpProblem& problem : dump.problems) {
        json["problems"].push_back({{"line", problem.line}, {"text", problem.text}, {"expected", problem.expected}});
    }
    json["capabilities_of"] = nullptr;
    if (!context.processor.empty()) {
        json["capabilities_of"] = context.processor;
    }
    json["recorded"] = recorded_json(dump.recorded);
    json["outcome"] = identifier_of(explanation.outcome);
    json["agreement"] = identifier_of(compare_with_recorded(explanation, dump.recorded));
    json["rules"] = explanation.rules;
    json["checked"] = explanation.checked();
    json["violations"] = Json::array();
    for (const check::Violation& violation : explanation.violations) {
        json["violations"].push_back(violation_json(dump, violation));
    }
    json["disproved"] = Json::array();
    for (const check::Violation& violation : explanation.disproved) {
        json["disproved"].push_back(violation_json(dump, violation));
    }
    json["unchecked"] = Json::array();
    for (const UncheckedRule& rule : explanation.unchecked) {
        json["unchecked"].push_back(unchecked_json(rule));
    }
    return json;
}

} // namespace nadir::tool
