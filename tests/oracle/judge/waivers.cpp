// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/waivers.h"

#include "tests/oracle/judge/pattern.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace nadir::oracle {

namespace {

// A rule's name may have `*`.
std::vector<unsigned> rules_of(std::string_view text, const Evaluator& evaluator) {
    std::vector<unsigned> rules;
    for (const std::string& pattern : split(text)) {
        const std::size_t before = rules.size();
        std::string segment;
        for (unsigned number = 0; number < evaluator.rule_count(); ++number) {
            if (matches(pattern, evaluator.identifier(number), segment)) {
                rules.push_back(number);
            }
        }
        if (rules.size() == before) {
            throw std::runtime_error("there is no rule '" + pattern + "'");
        }
    }
    return rules;
}

EntryOutcome outcome_named(std::string_view name) {
    if (name == "VMfail 7") {
        return EntryOutcome::vmfail_7;
    }
    if (name == "VMfail 8") {
        return EntryOutcome::vmfail_8;
    }
    if (name == "exit 33") {
        return EntryOutcome::exit_33;
    }
    if (name == "exit 34") {
        return EntryOutcome::exit_34;
    }
    throw std::runtime_error("an outcome is VMfail 7, VMfail 8, exit 33 or exit 34");
}

void set(Waiver& waiver, std::string_view key, std::string_view value, const Evaluator& evaluator) {
    if (key == "misses") {
        waiver.misses = rules_of(value, evaluator);
    } else if (key == "bits") {
        waiver.bits = std::stoull(std::string{value}, nullptr, 16);
    } else if (key == "adds") {
        waiver.adds = value;
    } else if (key == "outcome") {
        waiver.outcome = outcome_named(value);
    } else if (key == "when") {
        for (const std::string& name : split(value)) {
            if (find_condition(name) == nullptr) {
                throw std::runtime_error("there is no condition '" + name + "'");
            }
            waiver.when.push_back(find_condition(name));
        }
    } else if (key == "rule") {
        waiver.rule = value;
    } else if (key == "section") {
        waiver.section = value;
    } else if (key == "emulator") {
        waiver.emulator = value;
    } else {
        throw std::runtime_error("there is no key '" + std::string{key} + "'");
    }
}

void require_complete(const Waiver& waiver) {
    if (waiver.rule.empty() || waiver.section.empty() || waiver.emulator.empty()) {
        throw std::runtime_error("waiver " + waiver.identifier + " needs rule, section and emulator");
    }
    if (waiver.misses.empty() && waiver.adds.empty()) {
        throw std::runtime_error("waiver " + waiver.identifier + " needs misses or adds");
    }
}

} // namespace

bool Waiver::holds(const Values& values, const arch::Capabilities& caps, const check::EntryRule* waived) const {
    return std::all_of(when.begin(), when.end(), [&](Condition condition) { return condition(values, caps, waived); });
}

bool Waiver::names(const Finding& finding) const {
    return std::find(misses.begin(), misses.end(), finding.rule) != misses.end() && (finding.bits & ~bits) == 0;
}

std::vector<Waiver> read_waivers(const std::string& file, const Evaluator& evaluator) {
    std::ifstream text(file);
    if (!text) {
        throw std::runtime_error(file + " can't be read");
    }
    std::vector<Waiver> waivers;
    unsigned number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        try {
            const std::string_view content = trimmed(line);
            if (content.empty() || content.front() == '#') {
                continue;
            }
            if (content.front() == '[') {
                if (!waivers.empty()) {
                    require_complete(waivers.back());
                }
                waivers.emplace_back();
                waivers.back().identifier = content.substr(1, content.size() - 2);
                continue;
            }
            const std::size_t equals = content.find('=');
            if (waivers.empty() || equals == std::string_view::npos) {
                throw std::runtime_error("expected [identifier] or key = value");
            }
            set(waivers.back(), trimmed(content.substr(0, equals)), trimmed(content.substr(equals + 1)), evaluator);
        } catch (const std::exception& error) {
            throw std::runtime_error(file + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    if (!waivers.empty()) {
        require_complete(waivers.back());
    }
    return waivers;
}

} // namespace nadir::oracle
