// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/recorder/exit_words.h"

#include "arch/registry.h"
#include "tool/definitions/decoded.h"
#include "tool/definitions/exit_reasons.h"

#include <fmt/format.h>
#include <vector>

namespace nadir::tool {

using arch::BasicExitReason;

namespace {

std::uint32_t low(std::uint64_t pair) { return static_cast<std::uint32_t>(pair); }
std::uint32_t high(std::uint64_t pair) { return static_cast<std::uint32_t>(pair >> 32); }

void append(std::string& words, const std::string& more) {
    if (!more.empty()) {
        words += (words.empty() ? "" : ", ") + more;
    }
}

std::string msr_words(std::uint32_t index) {
    const arch::Definition* definition = arch::find_definition(arch::DefinitionKind::msr, index);
    return definition != nullptr ? fmt::format("{} ({:#x})", definition->name, index) : fmt::format("MSR {:#x}", index);
}

// Its fields that are not 0, in one line: flags by their name, others with what they mean.
std::string qualification_words(const arch::Definition& definition, std::uint64_t raw) {
    const Target target = target_of(definition);
    const Decoded decoded = decode(target, {.number = raw, .text = {}});
    if (decoded.fields.empty()) {
        return decoded.words.empty() ? fmt::format("{:#x}", raw) : decoded.words;
    }
    std::string words;
    for (const DecodedField& field : decoded.fields) {
        if (field.field->kind == arch::FieldKind::flag) {
            append(words, field.value != 0 ? std::string(field.field->name) : std::string{});
        } else if (!field.words.empty()) {
            append(words, fmt::format("{} {}", field.field->name, field.words));
        } else {
            append(words, fmt::format("{} {:#x}", field.field->name, field.value));
        }
    }
    return words;
}

std::string qualification_of(const nadir_exit_record& exit) {
    const std::vector<const arch::Definition*> formats = formats_of(arch::DefinitionKind::qualification, exit.reason);
    // Exceptions have two formats, which their vector chooses; the event says more than either.
    if (formats.size() != 1 || exit.reason == static_cast<nadir_u16>(BasicExitReason::exception_or_nmi)) {
        return exit.qualification != 0 ? fmt::format("qualification {:#x}", exit.qualification) : std::string{};
    }
    return qualification_words(*formats.front(), exit.qualification);
}

std::string event_of(const nadir_exit_record& exit) {
    const arch::InterruptionInformation event{exit.event};
    if (!event.valid()) {
        return {};
    }
    const bool own = exit.reason == static_cast<nadir_u16>(BasicExitReason::exception_or_nmi);
    std::string words =
        fmt::format("{}{}, vector {}", own ? "" : "while delivering: ", name_of(event.type()), event.vector());
    if (event.type() == arch::InterruptionType::hardware_exception) {
        words += fmt::format(" ({})", arch::name_of(static_cast<arch::Vector>(event.vector())));
    }
    return words;
}

struct OutcomeText {
    std::string_view name, words;
};

constexpr OutcomeText outcomes[] = {
    {"in-work", "in work"},
    {"advanced", ""},
    {"retried", ""},
    {"raised-ud", "#UD"},
    {"raised-gp", "#GP"},
    {"left", "left VMX operation"},
    {"unexpected", "unexpected: the processor was stopped"},
};

} // namespace

std::string_view reason_of(const nadir_exit_record& exit) {
    return arch::exit_reason_name(static_cast<BasicExitReason>(exit.reason));
}

std::string describe(const nadir_exit_record& exit) {
    switch (static_cast<BasicExitReason>(exit.reason)) {
    case BasicExitReason::cpuid: return fmt::format("leaf {:#x}, sub-leaf {:#x}", high(exit.detail), low(exit.detail));
    case BasicExitReason::rdmsr: return msr_words(low(exit.detail));
    case BasicExitReason::wrmsr: return fmt::format("{}, EAX {:#x}", msr_words(low(exit.detail)), high(exit.detail));
    case BasicExitReason::xsetbv: return fmt::format("XCR{}, EAX {:#x}", low(exit.detail), high(exit.detail));
    case BasicExitReason::vmcall: return fmt::format("ECX {:#x}, EDX {:#x}", low(exit.detail), high(exit.detail));
    default: break;
    }
    std::string words = qualification_of(exit);
    switch (static_cast<BasicExitReason>(exit.reason)) {
    case BasicExitReason::control_register_access: append(words, fmt::format("value {:#x}", exit.detail)); break;
    case BasicExitReason::ept_violation:
    case BasicExitReason::ept_misconfiguration: append(words, fmt::format("guest-physical {:#x}", exit.detail)); break;
    default: break;
    }
    append(words, event_of(exit));
    return words;
}

std::string_view outcome_words(const nadir_exit_record& exit) {
    return exit.outcome < std::size(outcomes) ? outcomes[exit.outcome].words : "of another version of Nadir";
}

std::string_view outcome_name(const nadir_exit_record& exit) {
    return exit.outcome < std::size(outcomes) ? outcomes[exit.outcome].name : "unknown";
}

} // namespace nadir::tool
