// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What our rules say about a mutant: all that are violated, by number.
#pragma once

#include "check/entry/groups.h"
#include "tests/oracle/judge/recording.h"

#include <vector>

namespace nadir::oracle {

using check::EntryOutcome;

// A rule of check/entry, or beyond the last of them an assumed rule of the emulator's own (a waiver's).
struct Finding {
    unsigned rule = 0;
    EntryOutcome outcome = EntryOutcome::success;
    std::uint32_t qualification = 0; // for exit 33 and 34
    std::uint64_t bits = 0;
};

struct Evaluation {
    std::vector<Finding> findings;
    std::vector<Finding> unknown; // rules that could not be asked: they read memory that the judge doesn't know
};

EntryOutcome outcome_of(const std::vector<Finding>& findings);

class Evaluator {
public:
    explicit Evaluator(const Recording& recording);

    // `word_values`: the MSR-load list's words are taken from `values`, too.
    void evaluate(const Values& values, Evaluation& evaluation) const;

    unsigned rule_count() const { return static_cast<unsigned>(rules_.size()); }
    const check::NumberedRule& rule(unsigned number) const { return rules_[number]; }
    std::string_view identifier(unsigned number) const { return rules_[number].rule->identifier; }
    // rule_count() where there is none.
    unsigned find(std::string_view identifier) const;

    check::VmcsView view(const Values& values) const;

private:
    struct State {
        const Evaluator* evaluator;
        const Values* values;
        bool unknown_memory;
    };
    static bool read_field(const void* context, std::uint32_t encoding, std::uint64_t& value);
    static bool read_memory(const void* context, std::uint64_t address, void* to, std::uint32_t bytes);

    const Recording& recording_;
    std::vector<check::NumberedRule> rules_;
    std::vector<std::uint64_t> memory_;
    mutable State state_{};
};

} // namespace nadir::oracle
