// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/words.h"

#include "check/entry/check_entry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nadir::oracle {

namespace {

std::string words_of(EntryOutcome outcome) {
    constexpr const char* words[] = {"VMfail 7", "VMfail 8", "exit 33", "exit 34", "the guest runs"};
    return words[static_cast<unsigned>(outcome)];
}

std::string name_of_slot(unsigned slot) {
    if (slot >= first_pdpte_slot) {
        return fmt::format("PDPTE {} in memory", slot - first_pdpte_slot);
    }
    if (is_word(slot)) {
        const unsigned word = slot - first_word_slot;
        return fmt::format("MSR-load list entry {}, {}", word / 2 + 1, word % 2 == 0 ? "index" : "value");
    }
    return std::string{arch::vmcs_fields[slot].name};
}

} // namespace

std::string words_of(const Marker& marker) {
    switch (marker.verdict) {
    case Verdict::vmfail_invalid: return "VMfailInvalid";
    case Verdict::vmfail: return fmt::format("VMfail {}", marker.detail);
    case Verdict::exit_33: return fmt::format("exit 33, qualification {}", marker.detail);
    case Verdict::exit_34: return fmt::format("exit 34, entry {}", marker.detail);
    case Verdict::entered: return fmt::format("the guest ran, exit {}", marker.detail);
    case Verdict::other_failure: return fmt::format("a failed entry with exit {}", marker.detail);
    }
    return {};
}

std::string words_of(const Failure& failure, const Values& base, const Evaluator& evaluator, Messages& messages) {
    const Mutant& mutant = failure.mutant;
    std::string text =
        fmt::format("mutant {}: {}, {}\n", mutant.number, name_of(mutant.baseline), name_of(mutant.group));
    for (unsigned i = 0; i < mutant.count; ++i) {
        const Change& change = mutant.changes[i];
        text += fmt::format("    {}: {:#x} -> {:#x}\n", name_of_slot(change.slot), base[change.slot], change.value);
    }
    text += fmt::format("  ours: {}\n", words_of(outcome_of(failure.evaluation.findings)));
    for (const Finding& finding : failure.evaluation.findings) {
        const check::NumberedRule& numbered = evaluator.rule(finding.rule);
        check::Violation violation{numbered.rule, numbered.group.outcome, numbered.group.section, finding.bits, {}};
        char sentence[1024];
        const std::size_t length = check::describe(violation, evaluator.view(failure.values), sentence);
        text += fmt::format("    {} ({}): {}\n", numbered.rule->identifier, words_of(finding.outcome),
                            std::string_view{sentence, std::min(length, sizeof(sentence))});
    }
    for (const Finding& unknown : failure.evaluation.unknown) {
        text += fmt::format("    {} can't be checked: it reads memory that isn't known\n",
                            evaluator.identifier(unknown.rule));
    }
    text += fmt::format("  the emulator: {}\n", words_of(failure.observation.marker));
    for (const std::string& message : failure.observation.messages) {
        text += fmt::format("    \"{}\"", message);
        const Meaning& meaning = messages.meaning(message);
        text += meaning.known ? "" : ", which messages.txt doesn't know";
        for (const unsigned rule : meaning.rules) {
            text += rule < evaluator.rule_count() ? fmt::format(" {}", evaluator.identifier(rule)) : " (a waiver's)";
        }
        text += "\n";
    }
    return text;
}

std::string json_of(const Results& results, const Recording& recording, const Evaluator& evaluator,
                    const std::vector<Waiver>& waivers, const Messages& messages) {
    nlohmann::ordered_json document;
    document["mutants"] = recording.mutants;
    for (unsigned i = 0; i < baseline_count; ++i) {
        const BaselineCounts& counts = results.baselines[i];
        if (counts.tried == 0) {
            continue;
        }
        nlohmann::ordered_json& entry = document["baselines"][std::string{name_of(static_cast<Baseline>(i))}];
        entry["tried"] = counts.tried;
        entry["agreed"] = counts.judgements[static_cast<unsigned>(Judgement::agreed)];
        entry["waived"] = counts.judgements[static_cast<unsigned>(Judgement::waived)];
        entry["unknown_memory"] = counts.judgements[static_cast<unsigned>(Judgement::unknown_memory)];
        entry["disagreed"] = counts.judgements[static_cast<unsigned>(Judgement::disagreed)];
        for (unsigned e = 1; e < exclusion_count; ++e) {
            if (counts.excluded[e] != 0) {
                entry["excluded"][std::string{words_of(static_cast<Exclusion>(e))}] = counts.excluded[e];
            }
        }
        for (unsigned group = 0; group < group_count; ++group) {
            entry["groups"][std::string{name_of(static_cast<Group>(group))}] = counts.groups[group];
        }
    }
    document["waivers"] = nlohmann::ordered_json::object();
    for (unsigned i = 0; i < waivers.size(); ++i) {
        if (results.waivers[i] != 0) {
            document["waivers"][waivers[i].identifier] = results.waivers[i];
        }
    }
    document["unused_messages"] = messages.unused();
    for (unsigned i = 0; i < evaluator.rule_count(); ++i) {
        const RuleCounts& counts = results.rules[i];
        document["rules"][std::string{evaluator.identifier(i)}] = {counts.violated, counts.alone, counts.confirmed};
    }
    return document.dump() + "\n";
}

} // namespace nadir::oracle
