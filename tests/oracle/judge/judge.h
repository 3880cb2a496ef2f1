// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Compares our verdict on each mutant with the emulator's, and counts.
#pragma once

#include "tests/oracle/judge/messages.h"
#include "tests/oracle/mutants.h"

#include <array>
#include <map>
#include <string>

namespace nadir::oracle {

enum class Judgement : std::uint8_t {
    agreed,
    waived,
    unknown_memory, // our rule would have to read memory that the judge doesn't know, and that may explain it
    disagreed,
};

struct Judged {
    Judgement judgement = Judgement::disagreed;
    std::vector<unsigned> waivers;  // that explain it
    std::vector<Finding> explained; // our findings after those waivers
};

struct RuleCounts {
    std::uint32_t violated = 0;  // mutants that violate it
    std::uint32_t alone = 0;     // of these, those where it is the only one of the deciding kind
    std::uint32_t confirmed = 0; // of these, those that would disagree without it
};

struct BaselineCounts {
    std::uint32_t tried = 0;
    std::array<std::uint32_t, 4> judgements{};
    std::array<std::uint32_t, exclusion_count> excluded{};
    std::array<std::uint32_t, group_count> groups{};
};

struct Failure {
    Mutant mutant;
    Values values;
    Observation observation;
    Evaluation evaluation;
};

struct Results {
    std::array<BaselineCounts, baseline_count> baselines{};
    std::vector<RuleCounts> rules;
    std::vector<std::uint32_t> waivers;
    std::map<std::string, std::uint32_t> unknown_messages;
    std::vector<std::string> problems;  // with the data files: waivers that are too wide, messages without a meaning
    std::vector<Failure> disagreements; // the first of each kind
    std::map<std::string, std::uint32_t> kinds; // of disagreements, with the number of each
};

class Judge {
public:
    Judge(const Recording& recording, const Evaluator& evaluator, const std::vector<Waiver>& waivers,
          Messages& messages, LogReader& log)
        : recording_(recording), evaluator_(evaluator), waivers_(waivers), messages_(messages), log_(log) {
        results.rules.resize(evaluator.rule_count());
        results.waivers.resize(waivers.size());
    }

    // As if we had no such rule.
    void switch_off(unsigned rule) { off_ = rule; }
    // Keeps what there is to say about one mutant, in `results.disagreements`, whatever the judgement.
    void look_at(std::uint32_t number) { wanted_ = number; }

    void begin(Baseline, const Values& values) { base = values; }
    void mutant(const Mutant& mutant, const Values& values, Exclusion exclusion);

    Judged judge(const Values& values, const Observation& observation, const Evaluation& evaluation);

    Results results;
    Values base;

private:
    bool agrees(const std::vector<Finding>& findings, const Observation& observation);
    bool unknown_explains(const Evaluation& evaluation, const Observation& observation);
    void count_rules(const Values& values, const Judged& judged, const Observation& observation);
    std::vector<Finding> waive(const std::vector<Finding>& findings, unsigned number, const Values& values,
                               const Observation& observation);
    void check_width(const Values& values, const Evaluation& evaluation, const Observation& observation);
    void disagree(const Mutant& mutant, const Values& values, const Observation& observation);

    const Recording& recording_;
    const Evaluator& evaluator_;
    const std::vector<Waiver>& waivers_;
    Messages& messages_;
    LogReader& log_;
    Evaluation evaluation_;
    Observation observation_;
    unsigned off_ = ~0u;
    std::uint32_t wanted_ = ~std::uint32_t{0};
};

} // namespace nadir::oracle
