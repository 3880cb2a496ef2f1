// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/evaluation.h"

#include <algorithm>
#include <cstring>

namespace nadir::oracle {

EntryOutcome outcome_of(const std::vector<Finding>& findings) {
    EntryOutcome outcome = EntryOutcome::success;
    for (const Finding& finding : findings) {
        outcome = std::min(outcome, finding.outcome);
    }
    return outcome;
}

Evaluator::Evaluator(const Recording& recording) : recording_(recording), memory_(std::size_t{layout::pages} * 512) {
    for (unsigned number = 0; check::entry_rule(number).rule != nullptr; ++number) {
        rules_.push_back(check::entry_rule(number));
    }
    layout::fill_arena(memory_.data(), recording.caps);
}

unsigned Evaluator::find(std::string_view identifier) const {
    unsigned number = 0;
    while (number < rule_count() && this->identifier(number) != identifier) {
        ++number;
    }
    return number;
}

bool Evaluator::read_field(const void* context, std::uint32_t encoding, std::uint64_t& value) {
    const State& state = *static_cast<const State*>(context);
    const unsigned slot = slot_of(encoding);
    if (slot == no_slot || state.evaluator->recording_.presence.present[slot] == 0) {
        return false;
    }
    value = (*state.values)[slot];
    return true;
}

bool Evaluator::read_memory(const void* context, std::uint64_t address, void* to, std::uint32_t bytes) {
    State& state = *const_cast<State*>(static_cast<const State*>(context)); // our own, see view()
    const std::uint64_t start = layout::page(layout::processors_own_pages);
    const std::uint64_t end = layout::page(layout::pages);
    if (address < start || address >= end || bytes > end - address) {
        state.unknown_memory = true;
        return false;
    }
    std::memcpy(to, reinterpret_cast<const char*>(state.evaluator->memory_.data()) + (address - layout::arena), bytes);
    for (unsigned slot = first_word_slot; slot < slot_count; ++slot) { // these are mutated
        const std::uint64_t word = word_address(slot);
        if (address <= word && word + 8 <= address + bytes) {
            const std::uint64_t value = (*state.values)[slot];
            std::memcpy(static_cast<char*>(to) + (word - address), &value, 8);
        }
    }
    return true;
}

check::VmcsView Evaluator::view(const Values& values) const {
    state_ = {this, &values, false};
    return {&read_field, &state_};
}

void Evaluator::evaluate(const Values& values, Evaluation& evaluation) const {
    evaluation.findings.clear();
    evaluation.unknown.clear();
    const check::VmcsView vmcs = view(values);
    const check::MemoryReader memory{&read_memory, &state_};
    const check::EntryContext context(vmcs, recording_.caps, &memory);
    for (unsigned number = 0; number < rule_count(); ++number) {
        const check::NumberedRule& numbered = rules_[number];
        context.begin_rule();
        state_.unknown_memory = false;
        const check::Breach breach = numbered.rule->test(context);
        const Finding finding{number, numbered.group.outcome,
                              breach.msr.number != 0 ? breach.msr.number
                                                     : static_cast<std::uint32_t>(numbered.rule->qualification),
                              breach.bits};
        if (context.unknown()) { // otherwise the processor lacks a field, and so the rule
            if (state_.unknown_memory) {
                evaluation.unknown.push_back(finding);
            }
        } else if (breach.broken) {
            evaluation.findings.push_back(finding);
        }
    }
}

} // namespace nadir::oracle
