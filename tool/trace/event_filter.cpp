// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_filter.h"

#include "tool/definitions/lookup.h"
#include "tool/definitions/memory_range.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/definitions/value.h"
#include "tool/exit_status.h"
#include "tool/trace/event_words.h"

#include <fmt/format.h>
#include <limits>

namespace nadir::tool {

namespace {

// What people ask for, and no processor lets a hypervisor see.
void refuse_what_never_exits(const std::string& word) {
    const std::string name = squash(word);
    if (name == "sysenter" || name == "sysexit") {
        throw Failure(
            ExitStatus::usage,
            fmt::format("\"{}\" can't be watched: no control of the processor makes SYSENTER or SYSEXIT exit.", word),
            "`nadir trace system-call` shows SYSCALL, by which 64-bit programs call the system.");
    }
}

nadir_u32 bit_of(const std::string& word) {
    if (const auto kind = event_of_name(word)) {
        return 1U << *kind;
    }
    refuse_what_never_exits(word);
    std::vector<Candidate> names;
    std::string all;
    for (const std::string_view known : event_names) {
        const std::string name(known);
        names.push_back({name, squash(name)});
        all += (all.empty() ? "" : ", ") + name;
    }
    throw Failure(ExitStatus::usage, fmt::format("There is no event \"{}\". The events are {}.", word, all),
                  did_you_mean(nearest(squash(word), names)));
}

nadir_u32 number_of(const std::string& word, std::string_view things) {
    const std::uint64_t number = parse_value(word).number;
    if (number > std::numeric_limits<nadir_u32>::max()) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {} have numbers of at most 32 bits.", word, things));
    }
    return static_cast<nadir_u32>(number);
}

nadir_u32 msr_number(const std::string& word) {
    if (looks_like_number(word)) {
        return number_of(word, "MSRs");
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

nadir_event_range range_of(const RangeOption& option, const std::string& word) {
    const auto number = [&option](const std::string& one) {
        return option.what == NADIR_RANGE_MSR ? msr_number(one) : number_of(one, option.things);
    };
    const std::size_t dash = word.find('-');
    const nadir_u32 first = number(word.substr(0, dash));
    const nadir_u32 last = dash == std::string::npos ? first : number(word.substr(dash + 1));
    if (last < first) {
        throw Failure(ExitStatus::usage, fmt::format("{}: the range ends before it begins.", word));
    }
    return {static_cast<nadir_u32>(option.what), first, last};
}

void add_ranges(nadir_event_filter& filter, const RangeOption& option, const std::vector<std::string>& words) {
    if (!words.empty() && (filter.kinds & option.kinds) == 0) {
        throw Failure(ExitStatus::usage,
                      fmt::format("{} chooses among events {}: ask for them, too.", option.option, option.events));
    }
    for (const std::string& word : words) {
        if (filter.range_count == NADIR_EVENT_RANGES) {
            throw Failure(ExitStatus::usage, fmt::format("More than {} ranges.", NADIR_EVENT_RANGES),
                          "FIRST-LAST chooses many at once.");
        }
        filter.ranges[filter.range_count++] = range_of(option, word);
    }
}

void add_memory(nadir_event_filter& filter, const EventWishes& wishes) {
    for (std::size_t i = 0; i < std::size(memory_options); ++i) {
        const MemoryOption& option = memory_options[i];
        for (const std::string& word : wishes.memory[i]) {
            if (filter.memory_count == NADIR_MEMORY_RANGES) {
                throw Failure(ExitStatus::usage, fmt::format("More than {} ranges of memory.", NADIR_MEMORY_RANGES),
                              "FIRST-LAST watches many bytes at once.");
            }
            const MemoryRange range = parse_memory_range(word);
            filter.memory[filter.memory_count++] = {range.first, range.last, static_cast<nadir_u32>(option.access), 0};
        }
    }
    const bool asked = (filter.kinds & bit_of_kind(NADIR_EVENT_MEMORY)) != 0;
    if (!asked && filter.memory_count != 0) {
        throw Failure(ExitStatus::usage, "--read, --write and --execute are about the event memory: ask for it, too.");
    }
    if (asked && filter.memory_count == 0) {
        throw Failure(ExitStatus::usage, "Which memory? Its accesses can't all be events.",
                      "--write 0x1000-0x1fff chooses; so do --read and --execute.");
    }
}

} // namespace

nadir_event_filter event_filter(const EventWishes& wishes) {
    nadir_event_filter filter{};
    for (const std::string& word : wishes.events) {
        filter.kinds |= bit_of(word);
    }
    for (const RangeOption& option : range_options) {
        add_ranges(filter, option, wishes.ranges[option.what]);
    }
    add_memory(filter, wishes);
    filter.options = wishes.registers ? NADIR_EVENT_OPTION_REGISTERS : 0;
    return filter;
}

} // namespace nadir::tool
