// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An explanation for people, and for programs.
#pragma once

#include "tool/dump/explanation.h"

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>

namespace nadir::tool {

struct ExplanationContext {
    std::string processor;   // whose capabilities were taken; empty: unknown
    bool every_rule = false; // list what was not checked, rule by rule
};

void print_explanation(std::ostream& out, const Dump& dump, const Explanation& explanation,
                       const ExplanationContext& context);

nlohmann::ordered_json explanation_to_json(const Dump& dump, const Explanation& explanation,
                                           const ExplanationContext& context);

// "VM exit 33 (VM-entry failure due to invalid guest state), qualification 0"
std::string recorded_words(const RecordedOutcome& recorded);

} // namespace nadir::tool
