// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_words.h"

#include "arch/exceptions.h"
#include "arch/registry.h"
#include "arch/vmx/exit_reason.h"
#include "control/exit_ring.h"
#include "control/memory.h"
#include "tool/trace/event_fields.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string msr_words(std::uint32_t index) {
    const arch::Definition* definition = arch::find_definition(arch::DefinitionKind::msr, index);
    return definition != nullptr ? fmt::format("{} ({:#x})", definition->name, index) : fmt::format("MSR {:#x}", index);
}

std::string msr_words(const nadir_event& event) { return msr_words(static_cast<std::uint32_t>(event.word[0])); }

bool was_carried_out(const nadir_event& event) { return event.outcome == NADIR_EXIT_ADVANCED; }

std::uint64_t field(const nadir_event& event, std::string_view name) { return field_of(event, name).value_or(0); }

// CR0, CR4, CR8, debug registers: by which instruction, and what it writes or reads.
std::string register_words(const nadir_event& event, std::string_view kind) {
    const auto access_words = [](std::uint64_t access) -> std::string_view {
        switch (access) {
        case NADIR_REGISTER_WRITTEN: return "";
        case NADIR_REGISTER_READ: return " read";
        case NADIR_REGISTER_CLTS: return " by CLTS";
        case NADIR_REGISTER_LMSW: return " by LMSW";
        default: return "?";
        }
    };
    return fmt::format("{}{}{} = {:#x}", kind, field(event, "register"), access_words(field(event, "access")),
                       field(event, "value"));
}

std::string control_register_words(const nadir_event& event) {
    const std::string text = register_words(event, "CR");
    return field(event, "access") == NADIR_REGISTER_READ ? text
                                                         : fmt::format("{}, was {:#x}", text, field(event, "before"));
}

std::string_view name_of_descriptor_instruction(std::uint64_t instruction) {
    switch (instruction) {
    case NADIR_SGDT: return "SGDT";
    case NADIR_SIDT: return "SIDT";
    case NADIR_LGDT: return "LGDT";
    case NADIR_LIDT: return "LIDT";
    case NADIR_SLDT: return "SLDT";
    case NADIR_STR: return "STR";
    case NADIR_LLDT: return "LLDT";
    case NADIR_LTR: return "LTR";
    default: return "?";
    }
}

std::string descriptor_table_words(const nadir_event& event) {
    return fmt::format("{} {}{:#x}", name_of_descriptor_instruction(field(event, "instruction")),
                       field(event, "in_register") != 0 ? "" : "at ", field(event, "operand"));
}

std::string rdtsc_words(const nadir_event& event) {
    return field(event, "rdtscp") == 0
               ? fmt::format("RDTSC = {:#x}", field(event, "value"))
               : fmt::format("RDTSCP = {:#x}, {:#x}", field(event, "value"), field(event, "aux"));
}

std::string io_words(const nadir_event& event) {
    const bool string = field(event, "string") != 0;
    const std::uint64_t bytes = field(event, "bytes");
    return fmt::format("{}{}{} port {:#x}, {} byte{}{}", field(event, "rep") != 0 ? "REP " : "",
                       field(event, "in") != 0 ? "IN" : "OUT", string ? "S" : "", field(event, "port"), bytes,
                       bytes == 1 ? "" : "s", string ? "" : fmt::format(": {:#x}", field(event, "value")));
}

std::string exception_words(const nadir_event& event) {
    const std::uint64_t vector = field(event, "vector");
    const std::string_view name = arch::name_of(static_cast<arch::Vector>(vector));
    std::string text = name.empty() ? fmt::format("vector {}", vector) : std::string(name);
    if (field(event, "has_code") != 0) {
        text += fmt::format(", error code {:#x}", field(event, "error_code"));
    }
    if (vector == static_cast<std::uint64_t>(arch::Vector::page_fault)) {
        text += fmt::format(", address {:#x}", field(event, "address"));
    } else if (vector == static_cast<std::uint64_t>(arch::Vector::debug)) {
        text += fmt::format(", DR6 {:#x}", field(event, "address"));
    }
    text += field(event, "double") != 0 ? ": a double fault" : "";
    return text + (field(event, "triple") != 0 ? ": a triple fault" : "");
}

std::string memory_words(const nadir_event& event) {
    const std::uint64_t access = field(event, "access");
    const std::uint64_t length = field(event, "length");
    std::string text;
    const auto add = [&](nadir_memory_access bit, std::string_view word) {
        if ((access & static_cast<std::uint64_t>(bit)) != 0) {
            text += (text.empty() ? "" : " and ") + std::string(word);
        }
    };
    add(NADIR_MEMORY_READ, "read");
    add(NADIR_MEMORY_WRITE, "write");
    add(NADIR_MEMORY_EXECUTE, "execution");
    if ((access & NADIR_MEMORY_EXECUTE) == 0) {
        text += fmt::format(" of {}{} byte{}", field(event, "exact") != 0 ? "" : "at most ", length,
                            length == 1 ? "" : "s");
    }
    text += fmt::format(" at {:#x}", field(event, "physical"));
    if ((event.word[2] & NADIR_EVENT_MEMORY_LINEAR) != 0) {
        text += fmt::format(", linear {:#x}", field(event, "linear"));
    }
    text += field(event, "walk") != 0 ? ", on the way through page tables" : "";
    return text + (field(event, "delivery") != 0 ? ", by an event that is delivered" : "");
}

// Each field by its name; of a kind that this version has no names for, the words.
std::string fields_in_words(const nadir_event& event) {
    std::string text;
    for (const EventField& field : event_fields_of(event.kind)) {
        text += fmt::format("{}{} {:#x}", text.empty() ? "" : ", ", field.name, value_of(field, event));
    }
    return !text.empty() ? text : fmt::format("{:#x} {:#x} {:#x}", event.word[0], event.word[1], event.word[2]);
}

} // namespace

std::string_view name_of_event(nadir_u32 kind) { return kind < event_name_count ? event_names[kind] : "unknown"; }

std::optional<nadir_u32> event_of_name(std::string_view name) {
    const auto* const found = std::ranges::find(event_names, name);
    return found != std::end(event_names) ? std::optional(static_cast<nadir_u32>(found - event_names)) : std::nullopt;
}

std::string describe(const nadir_event& event) {
    const auto& word = event.word;
    switch (event.kind) {
    case NADIR_EVENT_CPUID: {
        const auto low = [&word](unsigned i) { return static_cast<std::uint32_t>(word[i]); };
        const auto high = [&word](unsigned i) { return word[i] >> 32; };
        return fmt::format("leaf {:#x}, subleaf {:#x}: eax {:#x}, ebx {:#x}, ecx {:#x}, edx {:#x}", low(0), high(0),
                           low(1), high(1), low(2), high(2));
    }
    case NADIR_EVENT_RDMSR:
        return was_carried_out(event) ? fmt::format("{} = {:#x}", msr_words(event), word[1]) : msr_words(event);
    case NADIR_EVENT_WRMSR: return fmt::format("{} = {:#x}", msr_words(event), word[1]);
    case NADIR_EVENT_XSETBV: return fmt::format("XCR{} = {:#x}", static_cast<std::uint32_t>(word[0]), word[1]);
    case NADIR_EVENT_VMX: return std::string(arch::name_of(static_cast<arch::BasicExitReason>(word[0])));
    case NADIR_EVENT_CONTROL_REGISTER: return control_register_words(event);
    case NADIR_EVENT_ADDRESS_SPACE:
        return fmt::format("CR3 = {:#x}, was {:#x}", field(event, "value"), field(event, "before"));
    case NADIR_EVENT_DEBUG_REGISTER: return register_words(event, "DR");
    case NADIR_EVENT_DESCRIPTOR_TABLE: return descriptor_table_words(event);
    case NADIR_EVENT_RDTSC: return rdtsc_words(event);
    case NADIR_EVENT_IO: return io_words(event);
    case NADIR_EVENT_EXCEPTION: return exception_words(event);
    case NADIR_EVENT_MEMORY: return memory_words(event);
    default: return fields_in_words(event);
    }
}

std::string_view outcome_words(const nadir_event& event) {
    switch (event.outcome) {
    case NADIR_EXIT_ADVANCED:
    case NADIR_EXIT_RETRIED: return ""; // or the processor itself carries it out, and raises what it raises
    case NADIR_EXIT_RAISED_UD: return "#UD";
    case NADIR_EXIT_RAISED_GP: return "#GP";
    default: return "of another version of Nadir";
    }
}

} // namespace nadir::tool
