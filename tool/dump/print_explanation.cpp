// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/print_explanation.h"

#include "arch/vmx/exit_reason.h"
#include "arch/vmx/instruction_error.h"
#include "tool/dump/field_words.h"
#include "tool/dump/read_dump.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

using check::EntryOutcome;
using check::Violation;

void print_header(std::ostream& out, const Dump& dump, const ExplanationContext& context) {
    print_to(out, "{}: {}{}; {}\n", dump.file, words_of(dump.format),
             dump.first_line > 1 ? fmt::format(", from line {}", dump.first_line) : "", counted(dump.fields, "field"));
    if (!dump.source.empty()) {
        print_to(out, "  source: {}{}\n", dump.source,
                 dump.processor ? fmt::format(", processor {}", *dump.processor) : "");
    }
    print_to(
        out, "  capabilities: {}\n",
        context.processor.empty()
            ? "unknown, so that rules which depend on the processor are not checked; give them by --caps or --model"
            : context.processor);
    if (dump.recorded.exit_reason || dump.recorded.instruction_error) {
        print_to(out, "  recorded: {}{}\n", recorded_words(dump.recorded),
                 dump.recorded.where.empty() ? "" : fmt::format(" [{}]", dump.recorded.where));
    }
    for (const DerivedField& derived : dump.derived) {
        const arch::VmcsFieldInfo& field = *arch::find_vmcs_field(derived.encoding);
        std::uint64_t value = 0;
        dump.vmcs.get(derived.encoding, value);
        print_to(out, "  derived: {} = {}, since {}\n", field.name, value_and_words(field, value), derived.because);
    }
    for (const std::string& note : dump.notes) {
        print_to(out, "  note: {}\n", note);
    }
    if (!dump.truncated.empty()) {
        print_to(out, "  cut off: {}\n", dump.truncated);
    }
}

void print_verdict(std::ostream& out, const Dump& dump, const Explanation& explanation) {
    const std::string unchecked =
        explanation.unchecked.empty()
            ? fmt::format("all {} rules were checked", explanation.rules)
            : fmt::format("{} of {} rules could not be checked", explanation.unchecked.size(), explanation.rules);
    if (explanation.violations.empty()) {
        print_to(out, "\nNo violated rule was found; {}.\n", unchecked);
    } else {
        print_to(out, "\nThis VM entry fails: {} violated; {}.\nThe outcome is {}.\n",
                 explanation.violations.size() == 1 ? "1 rule is"
                                                    : fmt::format("{} rules are", explanation.violations.size()),
                 unchecked, check::outcome_words(explanation.outcome));
    }
    const Agreement agreement = compare_with_recorded(explanation, dump.recorded);
    const unsigned earlier = explanation.unchecked_earlier();
    if (!explanation.violations.empty() && earlier != 0 && agreement != Agreement::agrees) {
        print_to(out, "{} that could not be checked {} of an earlier phase, whose failure would come first.\n",
                 counted(earlier, "rule"), earlier == 1 ? "is" : "are");
    }
    switch (agreement) {
    case Agreement::nothing_recorded: break;
    case Agreement::agrees: print_to(out, "That is what the dump recorded.\n"); break;
    case Agreement::differs:
        print_to(out,
                 "The dump recorded another outcome: {}. The processor offers more than these capabilities, or the "
                 "VMCS was changed between the VM entry and the dump, or the recorded outcome is older.\n",
                 recorded_words(dump.recorded));
        break;
    case Agreement::not_found:
        print_to(out,
                 "But the dump recorded a failure: {}. The cause is among the rules that were not checked, or the VMCS "
                 "was changed between the VM entry and the dump.\n",
                 recorded_words(dump.recorded));
        break;
    }
}

std::string consequence(const Violation& violation) {
    std::string text(check::outcome_words(violation.outcome));
    if (violation.outcome == EntryOutcome::exit_33) {
        text += fmt::format(", qualification {}", violation.qualification());
    } else if (violation.outcome == EntryOutcome::exit_34) {
        text +=
            fmt::format(", qualification {}: entry {} of the VM-entry MSR-load list (MSR {:#x} = {:#x})",
                        violation.qualification(), violation.qualification(), violation.msr.index, violation.msr.value);
    }
    return text;
}

void print_violation(std::ostream& out, const Dump& dump, const Violation& violation, std::size_t number) {
    print_to(out, "\n{}. {}\n", number, violation.rule->identifier);
    print_to(out, "   rule: {}\n", violation.rule->words);
    for (unsigned i = 0; i < violation.rule->fields.count(); ++i) {
        const std::uint32_t encoding = violation.rule->fields.encodings[i];
        const arch::VmcsFieldInfo* field = arch::find_vmcs_field(encoding);
        std::uint64_t value = 0;
        if (field == nullptr) {
            continue;
        }
        if (dump.vmcs.get(encoding, value)) {
            print_to(out, "   {} = {}\n", field->name, value_and_words(*field, value));
        } else {
            print_to(out, "   {} is not in the dump\n", field->name);
        }
        if (i == 0 && violation.bits != 0) {
            print_to(out, "       wrong: {}\n", parts_of_bits(*field, violation.bits));
        }
    }
    print_to(out, "   outcome: {}\n", consequence(violation));
    print_to(out, "   manual: {}\n", violation.section);
    if (!violation.rule->hint.empty()) {
        print_to(out, "   hint: {}\n", violation.rule->hint);
    }
}

void print_disproved(std::ostream& out, const Explanation& explanation) {
    if (explanation.disproved.empty()) {
        return;
    }
    print_to(out,
             "\nSet aside: {} by these capabilities, but the recorded failure is of a later phase, so the processor "
             "accepted what they lack:\n",
             counted(explanation.disproved.size(), "more violated rule"));
    for (const Violation& violation : explanation.disproved) {
        const arch::VmcsFieldInfo* field = arch::find_vmcs_field(violation.rule->fields.encodings[0]);
        const std::string parts =
            field != nullptr && violation.bits != 0 ? parts_of_bits(*field, violation.bits) : std::string{};
        print_to(out, "  {}{}{}\n", violation.rule->identifier, parts.empty() ? "" : ": ", parts);
    }
}

std::string field_list(const std::vector<std::uint32_t>& encodings) {
    std::string text;
    for (const std::uint32_t encoding : encodings) {
        const arch::VmcsFieldInfo* field = arch::find_vmcs_field(encoding);
        text += text.empty() ? "" : ", ";
        text += field == nullptr ? fmt::format("{:#06x}", encoding) : std::string(field->name);
    }
    return text;
}

void print_unchecked(std::ostream& out, const Explanation& explanation, const ExplanationContext& context) {
    if (explanation.unchecked.empty()) {
        return;
    }
    print_to(out, "\nNot checked: {}.\n", counted(explanation.unchecked.size(), "rule"));
    const std::vector<Explanation::Missing> missing = explanation.missing_fields();
    if (!missing.empty()) {
        constexpr std::size_t most = 8;
        std::string list;
        for (std::size_t i = 0; i < std::min(most, missing.size()); ++i) {
            list += i == 0 ? "" : ", ";
            list += fmt::format("{} ({})", arch::find_vmcs_field(missing[i].encoding)->name, missing[i].rules);
        }
        print_to(out, "  {} for lack of fields in the dump, most of all {}{}.\n", explanation.lacking_fields(), list,
                 missing.size() > most ? fmt::format(", and {} more", missing.size() - most) : "");
    }
    if (const unsigned rules = explanation.lacking_capabilities(); rules != 0) {
        print_to(
            out, "  {} for lack of the processor's capabilities: {}.\n", rules,
            context.processor.empty()
                ? "give the output of `nadir caps --json` from that machine by --caps FILE, or a processor like it by "
                  "--model NAME (--list-models)"
                : "those given don't have all MSRs (`nadir caps --help` says how `nadir caps --json` gets to see them)");
    }
    if (const unsigned rules = explanation.lacking_memory(); rules != 0) {
        print_to(out, "  {} for lack of memory: what an address in the VMCS points to is in no dump.\n", rules);
    }
    if (!context.every_rule) {
        return;
    }
    for (const UncheckedRule& rule : explanation.unchecked) {
        std::string why = rule.missing.empty() ? "" : fmt::format("needs {}", field_list(rule.missing));
        if (rule.capabilities) {
            why += fmt::format("{}depends on the processor", why.empty() ? "" : "; ");
        }
        if (rule.memory) {
            why += fmt::format("{}reads memory", why.empty() ? "" : "; ");
        }
        print_to(out, "    {}: {} ({})\n", rule.rule->identifier, rule.rule->words, why);
    }
}

} // namespace

std::string recorded_words(const RecordedOutcome& recorded) {
    if (recorded.instruction_error) {
        return fmt::format("VM-instruction error {} ({})", *recorded.instruction_error,
                           name_of(static_cast<arch::InstructionError>(*recorded.instruction_error)));
    }
    if (!recorded.exit_reason) {
        return "nothing";
    }
    const arch::ExitReason reason{*recorded.exit_reason};
    if (!recorded.failed()) {
        return fmt::format("exit reason {:#x}, which is no failed VM entry", reason.value);
    }
    return fmt::format("VM exit {} ({}){}", static_cast<unsigned>(reason.basic()),
                       arch::exit_reason_name(reason.basic()),
                       recorded.qualification ? fmt::format(", qualification {}", *recorded.qualification) : "");
}

void print_explanation(std::ostream& out, const Dump& dump, const Explanation& explanation,
                       const ExplanationContext& context) {
    print_header(out, dump, context);
    if (!dump.problems.empty()) {
        print_to(out, "\n{} could not be read:\n", counted(dump.problems.size(), "line"));
        for (const DumpProblem& problem : dump.problems) {
            print_to(out, "  {}\n", describe(dump, problem));
        }
    }
    print_verdict(out, dump, explanation);
    std::size_t number = 0;
    for (const Violation& violation : explanation.violations) {
        print_violation(out, dump, violation, ++number);
    }
    print_disproved(out, explanation);
    ExplanationContext shown = context;
    shown.every_rule = context.every_rule || compare_with_recorded(explanation, dump.recorded) == Agreement::not_found;
    print_unchecked(out, explanation, shown);
}

} // namespace nadir::tool
