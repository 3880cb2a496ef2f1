// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/where_fields.h"

#include "tool/trace/event_fields.h"
#include "tool/trace/event_words.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// Of every event.
constexpr std::string_view number_names[] = {"event", "processor", "rip", "cr3", "cpl", "pid", "tid"};
constexpr std::string_view text_names[] = {"process", "raised"};

bool is_in(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_register(std::string_view name) { return is_in(register_names, name); }

} // namespace

std::vector<std::string_view> all_field_names() {
    std::vector<std::string_view> all(std::begin(number_names), std::end(number_names));
    all.insert(all.end(), std::begin(text_names), std::end(text_names));
    for (const EventField& field : event_fields()) {
        all.push_back(field.name);
    }
    all.insert(all.end(), register_names.begin(), register_names.end());
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
}

bool is_field(std::string_view name) {
    return is_in(number_names, name) || is_in(text_names, name) || is_register(name) ||
           std::ranges::any_of(event_fields(), [name](const EventField& field) { return field.name == name; });
}

bool is_text_field(std::string_view name) { return is_in(text_names, name); }

std::string why_without(std::string_view name, const WhereScope& scope) {
    if (is_in(number_names, name) || is_in(text_names, name)) {
        return {};
    }
    if (is_register(name)) {
        return scope.registers ? std::string{} : fmt::format("{} needs --registers", name);
    }
    std::string owners;
    for (const EventField& field : event_fields()) {
        if (field.name != name) {
            continue;
        }
        if (((scope.kinds >> field.kind) & 1) != 0) {
            return {};
        }
        owners += (owners.empty() ? "" : ", ") + std::string(event_names[field.kind]);
    }
    return fmt::format("only {} has {}, and it isn't among the events asked for", owners, name);
}

std::optional<std::uint64_t> number_field(const SeenEvent& one, std::string_view name) {
    const nadir_event& event = one.event;
    if (name == "event") {
        return event.kind;
    }
    if (name == "processor") {
        return one.processor;
    }
    if (name == "rip") {
        return event.rip;
    }
    if (name == "cr3") {
        return event.cr3;
    }
    if (name == "cpl") {
        return event.privilege_level;
    }
    if (name == "pid" || name == "tid") {
        return has_process(one) ? std::optional<std::uint64_t>(name == "pid" ? one.process.process : one.process.thread)
                                : std::nullopt;
    }
    const auto place = std::ranges::find(register_names, name);
    if (place != register_names.end()) {
        const auto number = static_cast<std::size_t>(place - register_names.begin());
        return one.registers ? std::optional((*one.registers)[number]) : std::nullopt;
    }
    return field_of(event, name);
}

std::optional<std::string> text_field(const SeenEvent& one, std::string_view name) {
    if (name == "raised") {
        return std::string(outcome_words(one.event));
    }
    return has_process(one) ? std::optional(process_name(one)) : std::nullopt;
}

} // namespace nadir::tool
