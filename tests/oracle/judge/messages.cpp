// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/messages.h"

#include "tests/oracle/judge/pattern.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace nadir::oracle {

bool Meaning::names(unsigned rule) const { return std::find(rules.begin(), rules.end(), rule) != rules.end(); }

Messages::Messages(const std::string& file, const Evaluator& evaluator, const std::vector<Waiver>& waivers)
    : evaluator_(evaluator), waivers_(waivers) {
    std::ifstream text(file);
    if (!text) {
        throw std::runtime_error(file + " can't be read");
    }
    unsigned number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        const std::string_view content = trimmed(line);
        if (content.empty() || content.front() == '#') {
            continue;
        }
        const std::size_t arrow = content.find(" -> ");
        if (arrow == std::string_view::npos) {
            throw std::runtime_error(file + ":" + std::to_string(number) + ": expected PATTERN -> RULES");
        }
        Line entry{std::string{trimmed(content.substr(0, arrow))}, {}, false};
        for (const std::string& rule : split(content.substr(arrow + 4))) {
            if (rule == "nothing") {
                continue;
            }
            if (evaluator.find(replaced(rule, "<segment>", "ds")) == evaluator.rule_count() &&
                evaluator.find(replaced(rule, "<segment>", "cs")) == evaluator.rule_count()) {
                throw std::runtime_error(fmt::format("{}:{}: there is no rule '{}'", file, number, rule));
            }
            entry.rules.push_back(rule);
        }
        lines_.push_back(entry);
    }
}

Meaning Messages::find(const std::string& message) {
    Meaning meaning;
    std::string segment;
    for (Line& line : lines_) {
        if (!matches(line.pattern, message, segment)) {
            continue;
        }
        line.used = true;
        meaning.known = true;
        for (const std::string& rule : line.rules) {
            const unsigned number = evaluator_.find(replaced(rule, "<segment>", segment));
            if (number != evaluator_.rule_count()) {
                meaning.rules.push_back(number);
            }
        }
    }
    for (unsigned i = 0; i < waivers_.size(); ++i) {
        if (!waivers_[i].adds.empty() && matches(waivers_[i].adds, message, segment)) {
            meaning.known = true;
            meaning.rules.push_back(evaluator_.rule_count() + i);
        }
    }
    return meaning;
}

const Meaning& Messages::meaning(const std::string& message) {
    const auto found = known_.find(message);
    return found != known_.end() ? found->second : known_.emplace(message, find(message)).first->second;
}

std::vector<std::string> Messages::unused() const {
    std::vector<std::string> patterns;
    for (const Line& line : lines_) {
        if (!line.used) {
            patterns.push_back(line.pattern);
        }
    }
    return patterns;
}

} // namespace nadir::oracle
