// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_filter.h"

#include "tool/definitions/lookup.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/definitions/value.h"
#include "tool/exit_status.h"
#include "tool/trace/event_words.h"

#include <fmt/format.h>
#include <limits>

namespace nadir::tool {

namespace {

nadir_u32 bit_of(const std::string& word) {
    std::vector<Candidate> names;
    std::string all;
    for (nadir_u32 kind = 0; kind < NADIR_EVENT_KINDS; ++kind) {
        if (word == event_names[kind]) {
            return 1U << kind;
        }
        const std::string name(event_names[kind]);
        names.push_back({name, name});
        all += (all.empty() ? "" : ", ") + name;
    }
    throw Failure(ExitStatus::usage, fmt::format("There is no event \"{}\". The events are {}.", word, all),
                  did_you_mean(nearest(squash(word), names)));
}

nadir_u32 msr_number(const std::string& word) {
    if (looks_like_number(word)) {
        const std::uint64_t number = parse_value(word).number;
        if (number > std::numeric_limits<nadir_u32>::max()) {
            throw Failure(ExitStatus::usage, fmt::format("{}: MSRs have numbers of 32 bits.", word));
        }
        return static_cast<nadir_u32>(number);
    }
    // Throws with near names where there is nothing of this name at all.
    for (const Target& target : find_register(word, 1).targets) {
        if (target.definition.kind == arch::DefinitionKind::msr) {
            return target.definition.number;
        }
    }
    throw Failure(ExitStatus::usage, fmt::format("{} is no MSR.", word),
                  "`nadir list --kind msr WORD` finds their names.");
}

nadir_msr_range msr_range(const std::string& word) {
    const std::size_t dash = word.find('-');
    if (dash == std::string::npos) {
        const nadir_u32 number = msr_number(word);
        return {number, number};
    }
    const nadir_msr_range range{msr_number(word.substr(0, dash)), msr_number(word.substr(dash + 1))};
    if (range.last < range.first) {
        throw Failure(ExitStatus::usage, fmt::format("{}: the range ends before it begins.", word));
    }
    return range;
}

} // namespace

nadir_event_filter event_filter(const std::vector<std::string>& events, const std::vector<std::string>& msrs) {
    nadir_event_filter filter{};
    for (const std::string& word : events) {
        filter.kinds |= bit_of(word);
    }
    constexpr nadir_u32 of_msrs = 1U << NADIR_EVENT_RDMSR | 1U << NADIR_EVENT_WRMSR;
    if (!msrs.empty() && (filter.kinds & of_msrs) == 0) {
        throw Failure(ExitStatus::usage, "--msr chooses for the events rdmsr and wrmsr: ask for one of them, too.");
    }
    if (msrs.size() > NADIR_EVENT_MSR_RANGES) {
        throw Failure(ExitStatus::usage, fmt::format("At most {} times --msr.", NADIR_EVENT_MSR_RANGES),
                      "FIRST-LAST chooses many at once.");
    }
    for (const std::string& word : msrs) {
        filter.msrs[filter.msr_count++] = msr_range(word);
    }
    return filter;
}

} // namespace nadir::tool
