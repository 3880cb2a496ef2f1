// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/judge.h"

#include "tests/oracle/judge/words.h"

#include <algorithm>
#include <stdexcept>

namespace nadir::oracle {

namespace {

constexpr unsigned shown_of_a_kind = 3;
constexpr std::uint8_t largest_detail = 63;

EntryOutcome outcome_of(const Marker& marker) {
    switch (marker.verdict) {
    case Verdict::vmfail:
        return marker.detail == 7   ? EntryOutcome::vmfail_7
               : marker.detail == 8 ? EntryOutcome::vmfail_8
                                    : throw std::runtime_error("VMfail " + std::to_string(marker.detail));
    case Verdict::exit_33: return EntryOutcome::exit_33;
    case Verdict::exit_34: return EntryOutcome::exit_34;
    case Verdict::entered: return EntryOutcome::success;
    case Verdict::vmfail_invalid: throw std::runtime_error("VMfailInvalid");
    case Verdict::other_failure: break;
    }
    throw std::runtime_error("a failed VM entry with exit reason " + std::to_string(marker.detail));
}

// Of exit 33 any violated rule's qualification will do: their order is open. The MSR-load list has an order.
bool same_class(const std::vector<Finding>& findings, const Marker& marker) {
    const EntryOutcome ours = outcome_of(findings);
    if (ours != outcome_of(marker)) {
        return false;
    }
    if (ours == EntryOutcome::exit_33) {
        return std::any_of(findings.begin(), findings.end(),
                           [&](const Finding& f) { return f.outcome == ours && f.qualification == marker.detail; });
    }
    if (ours == EntryOutcome::exit_34) {
        std::uint32_t first = largest_detail;
        for (const Finding& f : findings) {
            first = f.outcome == ours ? std::min(first, f.qualification) : first;
        }
        return first == marker.detail;
    }
    return true;
}

std::vector<Finding> without(const std::vector<Finding>& findings, unsigned rule) {
    std::vector<Finding> rest;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(rest),
                 [rule](const Finding& f) { return f.rule != rule; });
    return rest;
}

bool same(const std::vector<Finding>& a, const std::vector<Finding>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Finding& x, const Finding& y) { return x.rule == y.rule; });
}

} // namespace

bool Judge::agrees(const std::vector<Finding>& findings, const Observation& observation) {
    if (!same_class(findings, observation.marker)) {
        return false;
    }
    const EntryOutcome ours = oracle::outcome_of(findings);
    bool named = ours == EntryOutcome::success;
    for (const std::string& message : observation.messages) {
        const Meaning& meaning = messages_.meaning(message);
        if (!meaning.known) {
            ++results.unknown_messages[message];
            return false;
        }
        if (meaning.rules.empty()) {
            continue;
        }
        const bool fits = std::any_of(findings.begin(), findings.end(),
                                      [&](const Finding& f) { return f.outcome == ours && meaning.names(f.rule); });
        if (!fits) {
            return false;
        }
        named = true;
    }
    return named;
}

bool Judge::unknown_explains(const Evaluation& evaluation, const Observation& observation) {
    for (const Finding& unknown : evaluation.unknown) {
        // Exit 34 or not is then a matter of what is in the list; otherwise the rule may be violated.
        std::vector<Finding> findings = evaluation.findings;
        findings.push_back(unknown);
        if (unknown.outcome == EntryOutcome::exit_34
                ? oracle::outcome_of(evaluation.findings) >= EntryOutcome::exit_34 &&
                      outcome_of(observation.marker) >= EntryOutcome::exit_34
                : agrees(findings, observation)) {
            return true;
        }
    }
    return false;
}

std::vector<Finding> Judge::waive(const std::vector<Finding>& findings, unsigned number, const Values& values,
                                  const Observation& observation) {
    const Waiver& waiver = waivers_[number];
    std::vector<Finding> rest;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(rest), [&](const Finding& f) {
        return !(waiver.names(f) && waiver.holds(values, recording_.caps, evaluator_.rule(f.rule).rule));
    });
    if (!waiver.adds.empty() && waiver.holds(values, recording_.caps, nullptr)) {
        const unsigned assumed = evaluator_.rule_count() + number;
        for (const std::string& message : observation.messages) {
            if (messages_.meaning(message).names(assumed)) {
                rest.push_back({assumed, waiver.outcome, observation.marker.detail, 0});
                break;
            }
        }
    }
    return rest;
}

Judged Judge::judge(const Values& values, const Observation& observation, const Evaluation& evaluation) {
    if (agrees(evaluation.findings, observation)) {
        return {Judgement::agreed, {}, evaluation.findings};
    }
    if (unknown_explains(evaluation, observation)) {
        return {Judgement::unknown_memory, {}, evaluation.findings};
    }
    // One waiver if that will do; otherwise all that apply.
    std::vector<Finding> all = evaluation.findings;
    std::vector<unsigned> used;
    for (unsigned number = 0; number < waivers_.size(); ++number) {
        const std::vector<Finding> alone = waive(evaluation.findings, number, values, observation);
        if (same(alone, evaluation.findings)) {
            continue;
        }
        if (agrees(alone, observation) || unknown_explains({alone, evaluation.unknown}, observation)) {
            return {Judgement::waived, {number}, alone};
        }
        all = waive(all, number, values, observation);
        used.push_back(number);
    }
    if (!used.empty() && agrees(all, observation)) {
        return {Judgement::waived, used, all};
    }
    return {};
}

// A waiver must not hold where the emulator does check the rule.
void Judge::check_width(const Values& values, const Evaluation& evaluation, const Observation& observation) {
    for (unsigned number = 0; number < waivers_.size() && results.problems.size() < 20; ++number) {
        const std::vector<Finding> rest = waive(evaluation.findings, number, values, observation);
        if (rest.size() < evaluation.findings.size() && waivers_[number].adds.empty() && !agrees(rest, observation)) {
            results.problems.push_back("waiver " + waivers_[number].identifier +
                                       " is too wide: the emulator checks this (mutant " +
                                       std::to_string(observation.marker.number) + ")");
        }
    }
}

void Judge::count_rules(const Values& values, const Judged& judged, const Observation& observation) {
    const std::vector<Finding>& findings = evaluation_.findings;
    const EntryOutcome decides = oracle::outcome_of(findings);
    const auto deciding =
        std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.outcome == decides; });
    for (const Finding& f : findings) {
        RuleCounts& counts = results.rules[f.rule];
        ++counts.violated;
        counts.alone += f.outcome == decides && deciding == 1 ? 1 : 0;
    }
    const EntryOutcome decided = oracle::outcome_of(judged.explained);
    for (const Finding& f : judged.explained) {
        if (f.outcome != decided || f.rule >= evaluator_.rule_count() ||
            agrees(without(judged.explained, f.rule), observation)) {
            continue;
        }
        const Evaluation rest{without(findings, f.rule), evaluation_.unknown};
        results.rules[f.rule].confirmed += judge(values, observation, rest).judgement == Judgement::disagreed ? 1 : 0;
    }
}

void Judge::disagree(const Mutant& mutant, const Values& values, const Observation& observation) {
    std::string kind = "the emulator: " + oracle::words_of(observation.marker);
    for (const std::string& message : observation.messages) {
        kind += ", \"" + message + "\"";
    }
    kind += "; ours: ";
    for (const Finding& finding : evaluation_.findings) {
        if (finding.outcome == oracle::outcome_of(evaluation_.findings)) {
            kind += std::string{evaluator_.identifier(finding.rule)} + " ";
        }
    }
    if (++results.kinds[kind] <= shown_of_a_kind) {
        results.disagreements.push_back({mutant, values, observation, evaluation_});
    }
}

void Judge::mutant(const Mutant& mutant, const Values& values, Exclusion exclusion) {
    BaselineCounts& counts = results.baselines[static_cast<unsigned>(mutant.baseline)];
    if (exclusion != Exclusion::none) {
        ++counts.excluded[static_cast<unsigned>(exclusion)];
        return;
    }
    if (!log_.next(observation_) || observation_.marker.number != mutant.number) {
        throw std::runtime_error("mutant " + std::to_string(mutant.number) + " has no verdict in the log");
    }
    ++counts.tried;
    ++counts.groups[static_cast<unsigned>(mutant.group)];
    evaluator_.evaluate(values, evaluation_);
    if (off_ != ~0u) {
        evaluation_.findings = without(evaluation_.findings, off_);
    }
    const Judged judged = judge(values, observation_, evaluation_);
    ++counts.judgements[static_cast<unsigned>(judged.judgement)];
    for (const unsigned waiver : judged.waivers) {
        ++results.waivers[waiver];
    }
    if (judged.judgement == Judgement::agreed || judged.judgement == Judgement::waived) {
        count_rules(values, judged, observation_);
    }
    if (judged.judgement == Judgement::agreed) {
        check_width(values, evaluation_, observation_);
    }
    if (mutant.number == wanted_) {
        results.disagreements.push_back({mutant, values, observation_, evaluation_});
    } else if (judged.judgement == Judgement::disagreed && wanted_ == ~std::uint32_t{0}) {
        disagree(mutant, values, observation_);
    }
}

} // namespace nadir::oracle
