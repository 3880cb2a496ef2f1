// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which of our rules a message of the emulator's stands for: messages.txt, and the waivers' own checks.
#pragma once

#include "tests/oracle/judge/waivers.h"

#include <unordered_map>

namespace nadir::oracle {

struct Meaning {
    bool known = false;
    std::vector<unsigned> rules; // any of them; empty: it says nothing about a rule

    bool names(unsigned rule) const;
};

class Messages {
public:
    // Throws std::runtime_error with file and line.
    Messages(const std::string& file, const Evaluator& evaluator, const std::vector<Waiver>& waivers);

    const Meaning& meaning(const std::string& message);
    // Patterns that no message has matched yet.
    std::vector<std::string> unused() const;

private:
    struct Line {
        std::string pattern;
        std::vector<std::string> rules; // may contain <segment>
        bool used;
    };
    Meaning find(const std::string& message);

    const Evaluator& evaluator_;
    const std::vector<Waiver>& waivers_;
    std::vector<Line> lines_;
    std::unordered_map<std::string, Meaning> known_;
};

} // namespace nadir::oracle
