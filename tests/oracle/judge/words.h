// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A mutant in words, and the results as JSON.
#pragma once

#include "tests/oracle/judge/judge.h"

namespace nadir::oracle {

std::string words_of(const Marker& marker);
std::string words_of(const Failure& failure, const Values& base, const Evaluator& evaluator, Messages& messages);
std::string json_of(const Results& results, const Recording& recording, const Evaluator& evaluator,
                    const std::vector<Waiver>& waivers, const Messages& messages);

} // namespace nadir::oracle
