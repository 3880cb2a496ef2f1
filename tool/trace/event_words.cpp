// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_words.h"

#include "arch/registry.h"
#include "arch/vmx/exit_reason.h"
#include "control/exit_ring.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::uint32_t low(std::uint64_t pair) { return static_cast<std::uint32_t>(pair); }
std::uint32_t high(std::uint64_t pair) { return static_cast<std::uint32_t>(pair >> 32); }

std::string msr_words(std::uint32_t index) {
    const arch::Definition* definition = arch::find_definition(arch::DefinitionKind::msr, index);
    return definition != nullptr ? fmt::format("{} ({:#x})", definition->name, index) : fmt::format("MSR {:#x}", index);
}

bool was_carried_out(const nadir_event& event) { return event.outcome == NADIR_EXIT_ADVANCED; }

} // namespace

std::string_view name_of_event(const nadir_event& event) {
    return event.kind < NADIR_EVENT_KINDS ? event_names[event.kind] : "unknown";
}

std::string describe(const nadir_event& event) {
    const auto& word = event.word;
    switch (event.kind) {
    case NADIR_EVENT_CPUID:
        return fmt::format("leaf {:#x}, subleaf {:#x}: eax {:#x}, ebx {:#x}, ecx {:#x}, edx {:#x}", low(word[0]),
                           high(word[0]), low(word[1]), high(word[1]), low(word[2]), high(word[2]));
    case NADIR_EVENT_RDMSR:
        return was_carried_out(event) ? fmt::format("{} = {:#x}", msr_words(low(word[0])), word[1])
                                      : msr_words(low(word[0]));
    case NADIR_EVENT_WRMSR: return fmt::format("{} = {:#x}", msr_words(low(word[0])), word[1]);
    case NADIR_EVENT_XSETBV: return fmt::format("XCR{} = {:#x}", low(word[0]), word[1]);
    case NADIR_EVENT_VMX: return std::string(arch::name_of(static_cast<arch::BasicExitReason>(word[0])));
    default: return {};
    }
}

std::string_view outcome_words(const nadir_event& event) {
    switch (event.outcome) {
    case NADIR_EXIT_ADVANCED: return "";
    case NADIR_EXIT_RAISED_UD: return "#UD";
    case NADIR_EXIT_RAISED_GP: return "#GP";
    default: return "of another version of Nadir";
    }
}

} // namespace nadir::tool
