// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where the emulator is known to differ from the manual: waivers.txt. A waiver says that the emulator misses some of our
// rules under a condition, or that it has a check that the manual hasn't.
#pragma once

#include "tests/oracle/judge/evaluation.h"

#include <string>
#include <vector>

namespace nadir::oracle {

// `rule`: that is waived; null for a check of the emulator's own.
using Condition = bool (*)(const Values& values, const arch::Capabilities& caps, const check::EntryRule* rule);
// Null where there is no condition of this name.
Condition find_condition(std::string_view name);

struct Waiver {
    std::string identifier;
    std::vector<unsigned> misses;                 // rules
    std::uint64_t bits = ~std::uint64_t{0};       // it misses them where only these bits are wrong
    std::string adds;                             // pattern of the message of the emulator's own check
    EntryOutcome outcome = EntryOutcome::exit_33; // of that check
    std::vector<Condition> when;                  // all of them
    std::string rule;                             // the manual's, in words
    std::string section;
    std::string emulator; // what it does instead

    bool holds(const Values& values, const arch::Capabilities& caps, const check::EntryRule* waived) const;
    bool names(const Finding& finding) const;
};

// Throws std::runtime_error with file and line.
std::vector<Waiver> read_waivers(const std::string& file, const Evaluator& evaluator);

} // namespace nadir::oracle
