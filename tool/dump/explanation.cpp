// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/explanation.h"

#include "arch/vmx/exit_reason.h"
#include "check/entry/groups.h"
#include "tool/dump/hypothetical_processors.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

namespace nadir::tool {

namespace {

using arch::Capabilities;
using check::Breach;
using check::EntryContext;
using check::EntryOutcome;

using FieldValues = std::unordered_map<std::uint32_t, std::uint64_t>;

// Found faster than in the image, which the rules would read some thousand times.
FieldValues values_of(const Dump& dump) {
    FieldValues values;
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t value = 0;
        if (dump.vmcs.get(field.encoding.value, value)) {
            values.emplace(field.encoding.value, value);
        }
    }
    return values;
}

// Reads the dump, and keeps the fields that it doesn't have.
struct RecordingView {
    const FieldValues* values;
    std::vector<std::uint32_t> missing;

    static bool read(const void* context, std::uint32_t encoding, std::uint64_t& value) {
        // The rules take a view whose context is constant; noting what they asked for isn't the VMCS's business.
        auto& self = *const_cast<RecordingView*>(static_cast<const RecordingView*>(context));
        const auto found = self.values->find(encoding);
        if (found != self.values->end()) {
            value = found->second;
            return true;
        }
        if (std::find(self.missing.begin(), self.missing.end(), encoding) == self.missing.end()) {
            self.missing.push_back(encoding);
        }
        return false;
    }
    [[nodiscard]] check::VmcsView view() const { return {&RecordingView::read, this}; }
};

struct RecordingMemory {
    bool asked = false;

    static bool read(const void* context, std::uint64_t, void*, std::uint32_t) {
        const_cast<RecordingMemory*>(static_cast<const RecordingMemory*>(context))->asked = true;
        return false;
    }
    [[nodiscard]] check::MemoryReader reader() const { return {&RecordingMemory::read, this}; }
};

struct Answer {
    Breach breach;
    bool unknown = false;
    std::vector<std::uint32_t> missing;
    bool memory = false;
};

Answer ask(const check::EntryRule& rule, const FieldValues& values, const Capabilities& capabilities) {
    RecordingView view{&values, {}};
    RecordingMemory memory;
    const check::MemoryReader reader = memory.reader();
    const EntryContext context(view.view(), capabilities, &reader);
    context.begin_rule();
    Answer answer;
    answer.breach = rule.test(context);
    answer.unknown = context.unknown();
    answer.missing = std::move(view.missing);
    answer.memory = memory.asked;
    return answer;
}

// Of which phase is the failure that the dump recorded? Success: it recorded none that a rule could be about.
EntryOutcome phase_of(const RecordedOutcome& recorded) {
    if (recorded.exit_reason) {
        const auto basic = arch::ExitReason{*recorded.exit_reason}.basic();
        return basic == arch::BasicExitReason{33}   ? EntryOutcome::exit_33
               : basic == arch::BasicExitReason{34} ? EntryOutcome::exit_34
                                                    : EntryOutcome::success;
    }
    const std::uint32_t error = recorded.instruction_error.value_or(0);
    return error == 7 ? EntryOutcome::vmfail_7 : error == 8 ? EntryOutcome::vmfail_8 : EntryOutcome::success;
}

// On every processor, not only on the one that these capabilities are of?
bool violated_anywhere(const check::EntryRule& rule, const FieldValues& values) {
    const std::vector<Capabilities> processors = hypothetical_processors();
    return std::all_of(processors.begin(), processors.end(), [&](const Capabilities& processor) {
        const Answer answer = ask(rule, values, processor);
        return !answer.unknown && answer.breach.broken;
    });
}

// Takes what the recorded outcome disproves out of the violations.
void set_disproved_aside(Explanation& explanation, const RecordedOutcome& recorded, const FieldValues& values) {
    const EntryOutcome phase = phase_of(recorded);
    if (!recorded.failed() || phase == EntryOutcome::success) {
        return;
    }
    const auto is_disproved = [&](const check::Violation& violation) {
        return violation.outcome < phase && !violated_anywhere(*violation.rule, values);
    };
    const auto rest =
        std::stable_partition(explanation.violations.begin(), explanation.violations.end(), std::not_fn(is_disproved));
    explanation.disproved.assign(rest, explanation.violations.end());
    explanation.violations.erase(rest, explanation.violations.end());
}

} // namespace

Explanation explain_dump(const Dump& dump, const std::optional<Capabilities>& capabilities) {
    const std::vector<Capabilities> processors =
        capabilities ? std::vector<Capabilities>{*capabilities} : hypothetical_processors();
    const FieldValues values = values_of(dump);
    Explanation result;
    for (unsigned number = 0; number < check::entry_rule_groups; ++number) {
        const check::EntryRuleGroup group = check::entry_rule_group(number);
        for (const check::EntryRule& rule : group.rules) {
            ++result.rules;
            const Answer first = ask(rule, values, processors.front());
            bool depends = false;
            bool unknown = first.unknown;
            std::uint64_t bits = first.breach.bits; // wrong on all of them
            for (std::size_t i = 1; i < processors.size() && !depends && first.missing.empty(); ++i) {
                const Answer other = ask(rule, values, processors[i]);
                unknown = unknown || other.unknown;
                depends = other.breach.broken != first.breach.broken;
                bits &= other.breach.bits;
            }
            if (!unknown && !depends) {
                if (first.breach.broken) {
                    result.violations.push_back({&rule, group.outcome, group.section, bits, first.breach.msr});
                }
                continue;
            }
            UncheckedRule unchecked{&rule, group.section, group.outcome, first.missing, false, first.memory};
            // Unknown with neither a field nor memory missing: it is an MSR of the processor's.
            unchecked.capabilities = depends || (first.missing.empty() && !first.memory);
            result.unchecked.push_back(std::move(unchecked));
        }
    }
    if (capabilities) {
        set_disproved_aside(result, dump.recorded, values);
    }
    // The earlier phase first; within a phase the manual leaves the order open.
    std::stable_sort(result.violations.begin(), result.violations.end(),
                     [](const check::Violation& a, const check::Violation& b) { return a.outcome < b.outcome; });
    if (!result.violations.empty()) {
        result.outcome = result.violations.front().outcome;
    }
    return result;
}

std::vector<Explanation::Missing> Explanation::missing_fields() const {
    std::map<std::uint32_t, unsigned> counts;
    for (const UncheckedRule& rule : unchecked) {
        for (const std::uint32_t encoding : rule.missing) {
            ++counts[encoding];
        }
    }
    std::vector<Missing> fields;
    fields.reserve(counts.size());
    for (const auto& [encoding, rules_without] : counts) {
        fields.push_back({encoding, rules_without});
    }
    std::stable_sort(fields.begin(), fields.end(),
                     [](const Missing& a, const Missing& b) { return a.rules > b.rules; });
    return fields;
}

unsigned Explanation::unchecked_earlier() const {
    return static_cast<unsigned>(std::count_if(unchecked.begin(), unchecked.end(),
                                               [&](const UncheckedRule& rule) { return rule.outcome < outcome; }));
}

unsigned Explanation::lacking_fields() const {
    return static_cast<unsigned>(std::count_if(unchecked.begin(), unchecked.end(),
                                               [](const UncheckedRule& rule) { return !rule.missing.empty(); }));
}

unsigned Explanation::lacking_capabilities() const {
    return static_cast<unsigned>(std::count_if(unchecked.begin(), unchecked.end(), [](const UncheckedRule& rule) {
        return rule.missing.empty() && rule.capabilities;
    }));
}

unsigned Explanation::lacking_memory() const {
    return static_cast<unsigned>(unchecked.size()) - lacking_fields() - lacking_capabilities();
}

Agreement compare_with_recorded(const Explanation& explanation, const RecordedOutcome& recorded) {
    if (!recorded.failed()) {
        return Agreement::nothing_recorded;
    }
    if (explanation.violations.empty()) {
        return Agreement::not_found;
    }
    // Of the phase that failed, is there a violated rule? One of an earlier phase would have hidden it.
    return explanation.outcome == phase_of(recorded) ? Agreement::agrees : Agreement::differs;
}

} // namespace nadir::tool
