// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/lookup.h"

#include "tool/definitions/cpuid_names.h"
#include "tool/definitions/exit_reasons.h"
#include "tool/definitions/kinds.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/exit_status.h"

#include <fmt/format.h>
#include <optional>

namespace nadir::tool {

using arch::Definition;
using arch::DefinitionKind;

namespace {

constexpr arch::CpuidRegister outputs[] = {arch::CpuidRegister::eax, arch::CpuidRegister::ebx, arch::CpuidRegister::ecx,
                                           arch::CpuidRegister::edx};

bool is_format(DefinitionKind kind) {
    return kind == DefinitionKind::qualification || kind == DefinitionKind::instruction_information;
}

void add(Found& found, const std::vector<const Definition*>& definitions) {
    for (const Definition* definition : definitions) {
        found.targets.push_back(target_of(*definition));
    }
}

Target cpuid_target(const CpuidName& name, arch::CpuidRegister output) {
    const Definition* known = find_cpuid(name.leaf, name.sub_leaf, output);
    Definition definition = known != nullptr ? *known : Definition{DefinitionKind::cpuid, {}, {}, 0, 0, {}, 32, {}, {}};
    definition.number = name.leaf;
    definition.sub_leaf = name.sub_leaf;
    definition.output = output;
    std::string written = fmt::format("cpuid.0x{:x}.{}.{}", name.leaf, name.sub_leaf, squash(name_of(output)));
    // The registry has leaf numbers in capitals.
    return {known != nullptr && known->sub_leaf == name.sub_leaf ? std::string(known->name) : std::move(written),
            definition};
}

bool leaf_known(const CpuidName& name) {
    for (const arch::CpuidRegister output : outputs) {
        if (find_cpuid(name.leaf, name.sub_leaf, output) != nullptr) {
            return true;
        }
    }
    return false;
}

Found find_cpuid_register(std::string_view asked, std::string_view name) {
    const std::optional<CpuidName> parsed = parse_cpuid_name(name);
    if (!parsed) {
        throw Failure(
            ExitStatus::usage, fmt::format("\"{}\" is not a CPUID leaf", asked),
            "Write cpuid.LEAF, cpuid.LEAF.SUBLEAF or cpuid.LEAF.SUBLEAF.REGISTER with hexadecimal numbers, for "
            "example cpuid.7.0.ebx.");
    }
    if (!leaf_known(*parsed) ||
        (parsed->output && find_cpuid(parsed->leaf, parsed->sub_leaf, *parsed->output) == nullptr)) {
        throw Failure(ExitStatus::usage, fmt::format("nothing is known about \"{}\"", asked),
                      "`nadir list --kind cpuid` has the leaves.");
    }
    if (parsed->output) {
        return {{cpuid_target(*parsed, *parsed->output)}};
    }
    Found found{{}, true};
    for (const arch::CpuidRegister output : outputs) {
        found.targets.push_back(cpuid_target(*parsed, output));
    }
    return found;
}

std::vector<const Definition*> by_number(DefinitionKind kind, std::uint64_t number) {
    if (number >> 32 != 0) {
        return {};
    }
    const auto narrow = static_cast<std::uint32_t>(number);
    if (is_format(kind)) {
        return formats_of(kind, narrow & 0xFFFF); // the other bits of an exit reason may be there
    }
    const Definition* definition = arch::find_definition(kind, narrow);
    return definition != nullptr && has_number(kind) ? std::vector{definition} : std::vector<const Definition*>{};
}

[[noreturn]] void is_upper_half(std::string_view asked, std::string_view field) {
    throw Failure(ExitStatus::usage, fmt::format("{} is the upper half of {}", asked, field),
                  fmt::format("Give the whole value: nadir decode {} VALUE.", field));
}

// As Linux names them: GUEST_IA32_EFER_HIGH.
void refuse_upper_half(std::string_view asked) {
    constexpr std::string_view end = "high";
    const std::string squashed = squash(asked);
    if (squashed.ends_with(end)) {
        const Definition* field = find_by_name(squashed.substr(0, squashed.size() - end.size()));
        if (field != nullptr && field->kind == DefinitionKind::vmcs_field && field->bits == 64) {
            is_upper_half(asked, field->name);
        }
    }
}

[[noreturn]] void unknown_number(std::string_view asked, std::string_view kind, const Value& number) {
    const auto narrow = static_cast<std::uint32_t>(number.number);
    if (const arch::VmcsFieldInfo* field = arch::find_vmcs_field(narrow); field != nullptr && narrow == number.number) {
        is_upper_half(asked, field->name);
    }
    const bool guess = number.radix == Radix::decimal;
    throw Failure(ExitStatus::usage,
                  fmt::format("no {} has the number {}{}", kind, number.text,
                              guess ? fmt::format(" (decimal, 0x{:x})", number.number) : std::string{}),
                  guess ? fmt::format("Write 0x{} if it is hexadecimal. `nadir list` has all numbers.", number.text)
                        : "`nadir list` has all numbers.");
}

Found find_number(std::string_view asked, const Value& number, std::size_t values) {
    if (values == std::size(outputs) && number.number >> 32 == 0) {
        const CpuidName leaf{static_cast<std::uint32_t>(number.number), 0, std::nullopt};
        if (leaf_known(leaf)) {
            return find_cpuid_register(asked, fmt::format("{:x}", leaf.leaf));
        }
    }
    Found found;
    add(found, by_number(DefinitionKind::msr, number.number));
    add(found, by_number(DefinitionKind::vmcs_field, number.number));
    if (number.radix == Radix::decimal) { // as exit reasons are written
        add(found, by_number(DefinitionKind::qualification, number.number));
        add(found, by_number(DefinitionKind::instruction_information, number.number));
    }
    if (found.targets.empty()) {
        unknown_number(asked, "definition", number);
    }
    return found;
}

[[noreturn]] void unknown_format(DefinitionKind kind, std::string_view asked, std::string_view name) {
    std::vector<Candidate> candidates;
    for (const std::string& known : names_with_format(kind)) {
        candidates.push_back({fmt::format("{}.{}", token_of(kind), known), squash(known)});
    }
    const std::string near = did_you_mean(nearest(squash(name), candidates));
    throw Failure(ExitStatus::usage, fmt::format("no {} is known for \"{}\"", arch::name_of(kind), asked),
                  near + (near.empty() ? "" : " ") +
                      fmt::format("`nadir list --kind {}` has all; other VM exits have none.", token_of(kind)));
}

Found find_in_kind(DefinitionKind kind, std::string_view asked, std::string_view name) {
    if (kind == DefinitionKind::cpuid) {
        return find_cpuid_register(asked, name);
    }
    Found found;
    if (looks_like_number(name) && has_number(kind)) {
        const Value number = parse_value(name);
        add(found, by_number(kind, number.number));
        if (!found.targets.empty()) {
            return found;
        }
        if (!is_format(kind)) {
            unknown_number(asked, arch::name_of(kind), number);
        }
    } else if (is_format(kind)) {
        add(found, formats_by_name(kind, name));
    } else if (const Definition* definition = find_by_name(name); definition != nullptr) {
        if (definition->kind != kind) {
            throw Failure(ExitStatus::usage, fmt::format("{} is not of kind {}", definition->name, token_of(kind)),
                          fmt::format("It is {}:{}.", token_of(definition->kind), definition->name));
        }
        found.targets.push_back(target_of(*definition));
    }
    if (found.targets.empty() && is_format(kind)) {
        unknown_format(kind, asked, name);
    }
    if (found.targets.empty()) {
        throw Failure(ExitStatus::usage, fmt::format("there is no {} \"{}\"", arch::name_of(kind), name),
                      did_you_mean(near_names(name, kind)));
    }
    return found;
}

} // namespace

Target target_of(const Definition& definition) { return {std::string(definition.name), definition}; }

Found find_register(std::string_view asked, std::size_t values) {
    if (const Definition* definition = find_by_name(asked)) {
        return {{target_of(*definition)}};
    }
    refuse_upper_half(asked);
    if (squash(asked.substr(0, 5)) == "cpuid") {
        return find_cpuid_register(asked, asked.substr(5));
    }
    if (const std::size_t end = asked.find_first_of(":."); end != std::string_view::npos) {
        if (const std::optional<DefinitionKind> kind = find_kind(asked.substr(0, end))) {
            return find_in_kind(*kind, asked, asked.substr(end + 1));
        }
        if (asked[end] == ':') {
            throw Failure(ExitStatus::usage, fmt::format("there is no kind \"{}\"", asked.substr(0, end)),
                          fmt::format("The kinds are {}.", kind_tokens()));
        }
    }
    if (looks_like_number(asked)) {
        return find_number(asked, parse_value(asked), values);
    }
    const std::string near = did_you_mean(near_names(asked));
    throw Failure(ExitStatus::usage, fmt::format("there is no register \"{}\"", asked),
                  near.empty() ? "`nadir list WORD` finds registers by words." : near);
}

} // namespace nadir::tool
