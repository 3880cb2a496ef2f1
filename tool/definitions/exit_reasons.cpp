// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/exit_reasons.h"

#include "tool/definitions/names.h"

#include <algorithm>
#include <set>

namespace nadir::tool {

using arch::BasicExitReason;
using arch::Definition;
using arch::DefinitionKind;

namespace {

// Reasons that share the format of another one.
struct Same {
    DefinitionKind kind;
    BasicExitReason reason;
    BasicExitReason as;
};

constexpr auto qualification = DefinitionKind::qualification;
constexpr auto information = DefinitionKind::instruction_information;

constexpr Same same[] = {
    {qualification, BasicExitReason::gdtr_idtr_access, BasicExitReason::invept},
    {qualification, BasicExitReason::ldtr_tr_access, BasicExitReason::invept},
    {qualification, BasicExitReason::invvpid, BasicExitReason::invept},
    {qualification, BasicExitReason::invpcid, BasicExitReason::invept},
    {qualification, BasicExitReason::vmclear, BasicExitReason::invept},
    {qualification, BasicExitReason::vmptrld, BasicExitReason::invept},
    {qualification, BasicExitReason::vmptrst, BasicExitReason::invept},
    {qualification, BasicExitReason::vmread, BasicExitReason::invept},
    {qualification, BasicExitReason::vmwrite, BasicExitReason::invept},
    {qualification, BasicExitReason::vmxon, BasicExitReason::invept},
    {qualification, BasicExitReason::xsaves, BasicExitReason::invept},
    {qualification, BasicExitReason::xrstors, BasicExitReason::invept},
    {information, BasicExitReason::vmwrite, BasicExitReason::vmread},
    {information, BasicExitReason::invvpid, BasicExitReason::invept},
    {information, BasicExitReason::invpcid, BasicExitReason::invept},
    {information, BasicExitReason::vmclear, BasicExitReason::invept},
    {information, BasicExitReason::vmptrld, BasicExitReason::invept},
    {information, BasicExitReason::vmptrst, BasicExitReason::invept},
    {information, BasicExitReason::vmxon, BasicExitReason::invept},
    {information, BasicExitReason::xsaves, BasicExitReason::invept},
    {information, BasicExitReason::xrstors, BasicExitReason::invept},
    {information, BasicExitReason::rdseed, BasicExitReason::rdrand},
    {information, BasicExitReason::tpause, BasicExitReason::rdrand},
    {information, BasicExitReason::umwait, BasicExitReason::rdrand},
};

// How Linux calls those whose format matters.
struct Other {
    std::string_view name;
    BasicExitReason reason;
};

constexpr Other others[] = {
    {"craccess", BasicExitReason::control_register_access},
    {"draccess", BasicExitReason::mov_dr},
    {"exceptionnmi", BasicExitReason::exception_or_nmi},
    {"sipisignal", BasicExitReason::startup_ipi},
    {"invalidstate", BasicExitReason::entry_failure_guest_state},
    {"invalidgueststate", BasicExitReason::entry_failure_guest_state},
    {"msrloadfail", BasicExitReason::entry_failure_msr_loading},
    {"eoiinduced", BasicExitReason::virtualized_eoi},
    {"gdtridtr", BasicExitReason::gdtr_idtr_access},
    {"ldtrtr", BasicExitReason::ldtr_tr_access},
    {"pmlfull", BasicExitReason::page_modification_log_full},
    {"notify", BasicExitReason::instruction_timeout},
    {"spp", BasicExitReason::spp_related_event},
    {"vmon", BasicExitReason::vmxon},
};

// "eptviolation" of "ept_violation_qualification".
std::string stem_of(const Definition& definition) {
    std::string stem = squash(definition.name);
    for (const std::string_view end : {"qualification", "information"}) {
        if (stem.ends_with(end)) {
            stem.erase(stem.size() - end.size());
        }
    }
    return stem;
}

std::optional<std::uint32_t> reason_named(std::string_view squashed) {
    for (const Other& other : others) {
        if (other.name == squashed) {
            return static_cast<std::uint32_t>(other.reason);
        }
    }
    for (const arch::ExitReasonName& entry : arch::exit_reason_names) {
        if (squash(entry.name) == squashed || squash(entry.words) == squashed) {
            return static_cast<std::uint32_t>(entry.reason);
        }
    }
    return std::nullopt;
}

// Of all reasons and definitions that begin so, if they agree on the format.
std::vector<const Definition*> formats_by_beginning(DefinitionKind kind, std::string_view squashed) {
    std::set<const Definition*> all;
    for (const arch::ExitReasonName& entry : arch::exit_reason_names) {
        if (squash(entry.name).starts_with(squashed)) {
            const std::vector<const Definition*> formats = formats_of(kind, static_cast<std::uint32_t>(entry.reason));
            all.insert(formats.begin(), formats.end());
        }
    }
    for (const Definition& definition : arch::registry) {
        if (definition.kind == kind && stem_of(definition).starts_with(squashed)) {
            all.insert(&definition);
        }
    }
    return all.size() == 1 ? std::vector<const Definition*>(all.begin(), all.end()) : std::vector<const Definition*>{};
}

} // namespace

std::vector<const Definition*> formats_of(DefinitionKind kind, std::uint32_t reason) {
    for (const Same& one : same) {
        if (one.kind == kind && static_cast<std::uint32_t>(one.reason) == reason) {
            reason = static_cast<std::uint32_t>(one.as);
        }
    }
    std::vector<const Definition*> formats;
    for (const Definition& definition : arch::registry) {
        if (definition.kind == kind && definition.number == reason) {
            formats.push_back(&definition);
        }
    }
    return formats;
}

std::vector<const Definition*> formats_by_name(DefinitionKind kind, std::string_view name) {
    std::string squashed = squash(name);
    if (squashed.starts_with("exitreason")) {
        squashed.erase(0, std::string_view("exitreason").size());
    }
    if (squashed.empty()) {
        return {};
    }
    for (const Definition& definition : arch::registry) {
        if (definition.kind == kind && (stem_of(definition) == squashed || squash(definition.name) == squashed)) {
            return {&definition};
        }
    }
    if (const std::optional<std::uint32_t> reason = reason_named(squashed)) {
        return formats_of(kind, *reason);
    }
    return formats_by_beginning(kind, squashed);
}

std::vector<std::string> names_with_format(DefinitionKind kind) {
    std::vector<std::string> names;
    for (const arch::ExitReasonName& entry : arch::exit_reason_names) {
        if (!formats_of(kind, static_cast<std::uint32_t>(entry.reason)).empty()) {
            names.emplace_back(entry.name);
        }
    }
    for (const Definition& definition : arch::registry) {
        if (definition.kind == kind) {
            names.emplace_back(definition.name.substr(0, definition.name.find_last_of('_')));
        }
    }
    return names;
}

} // namespace nadir::tool
