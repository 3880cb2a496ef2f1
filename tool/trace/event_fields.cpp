// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_fields.h"

#include "control/memory.h"

#include <algorithm>
#include <bit>

namespace nadir::tool {

namespace {

// Of its last word, by the mask that control/memory.h has for it.
constexpr EventField of_memory(std::string_view name, nadir_u32 mask) {
    return {NADIR_EVENT_MEMORY, name, 2, static_cast<std::uint8_t>(std::countr_zero(mask)),
            static_cast<std::uint8_t>(std::popcount(mask))};
}

constexpr EventField table[] = {
    {NADIR_EVENT_CPUID, "leaf", 0, 0, 32},
    {NADIR_EVENT_CPUID, "subleaf", 0, 32, 32},
    {NADIR_EVENT_CPUID, "eax", 1, 0, 32},
    {NADIR_EVENT_CPUID, "ebx", 1, 32, 32},
    {NADIR_EVENT_CPUID, "ecx", 2, 0, 32},
    {NADIR_EVENT_CPUID, "edx", 2, 32, 32},
    {NADIR_EVENT_RDMSR, "msr", 0, 0, 32},
    {NADIR_EVENT_RDMSR, "value", 1},
    {NADIR_EVENT_WRMSR, "msr", 0, 0, 32},
    {NADIR_EVENT_WRMSR, "value", 1},
    {NADIR_EVENT_XSETBV, "register", 0, 0, 32},
    {NADIR_EVENT_XSETBV, "value", 1},
    {NADIR_EVENT_VMX, "reason", 0, 0, 32},
    {NADIR_EVENT_CONTROL_REGISTER, "register", 0, 0, 8},
    {NADIR_EVENT_CONTROL_REGISTER, "access", 0, 8, 8},
    {NADIR_EVENT_CONTROL_REGISTER, "value", 1},
    {NADIR_EVENT_CONTROL_REGISTER, "before", 2},
    {NADIR_EVENT_ADDRESS_SPACE, "value", 0},
    {NADIR_EVENT_ADDRESS_SPACE, "before", 1},
    {NADIR_EVENT_DEBUG_REGISTER, "register", 0, 0, 8},
    {NADIR_EVENT_DEBUG_REGISTER, "access", 0, 8, 8},
    {NADIR_EVENT_DEBUG_REGISTER, "value", 1},
    {NADIR_EVENT_DESCRIPTOR_TABLE, "instruction", 0, 0, 32},
    {NADIR_EVENT_DESCRIPTOR_TABLE, "operand", 1},
    {NADIR_EVENT_DESCRIPTOR_TABLE, "in_register", 2, 0, 1},
    {NADIR_EVENT_RDTSC, "rdtscp", 0, 0, 1},
    {NADIR_EVENT_RDTSC, "value", 1},
    {NADIR_EVENT_RDTSC, "aux", 2},
    {NADIR_EVENT_RDPMC, "counter", 0, 0, 32},
    {NADIR_EVENT_RDPMC, "value", 1},
    {NADIR_EVENT_IO, "port", 0, 0, 16},
    {NADIR_EVENT_IO, "bytes", 1, 0, 3},
    {NADIR_EVENT_IO, "in", 1, 3, 1},
    {NADIR_EVENT_IO, "string", 1, 4, 1},
    {NADIR_EVENT_IO, "rep", 1, 5, 1},
    {NADIR_EVENT_IO, "value", 2},
    {NADIR_EVENT_EXCEPTION, "vector", 0, 0, 8},
    {NADIR_EVENT_EXCEPTION, "type", 0, 8, 3},
    {NADIR_EVENT_EXCEPTION, "has_code", 0, 11, 1},
    {NADIR_EVENT_EXCEPTION, "double", 0, 16, 1},
    {NADIR_EVENT_EXCEPTION, "triple", 0, 17, 1},
    {NADIR_EVENT_EXCEPTION, "error_code", 1, 0, 32},
    {NADIR_EVENT_EXCEPTION, "address", 2},
    {NADIR_EVENT_INTERRUPT, "vector", 0, 0, 8},
    {NADIR_EVENT_SYSTEM_CALL, "number", 0},
    {NADIR_EVENT_SYSTEM_CALL, "first", 1},
    {NADIR_EVENT_SYSTEM_CALL, "second", 2},
    {NADIR_EVENT_MEMORY, "physical", 0},
    {NADIR_EVENT_MEMORY, "linear", 1},
    of_memory("access", NADIR_EVENT_MEMORY_ACCESS),
    of_memory("walk", NADIR_EVENT_MEMORY_WALK),
    of_memory("delivery", NADIR_EVENT_MEMORY_DELIVERY),
    of_memory("exact", NADIR_EVENT_MEMORY_EXACT),
    of_memory("length", NADIR_EVENT_MEMORY_LENGTH),
    {NADIR_EVENT_HOOK, "hook", 0, 0, 32},
    {NADIR_EVENT_HOOK, "first", 1},
    {NADIR_EVENT_HOOK, "second", 2},
    {NADIR_EVENT_RULE, "rule", 0, 0, 32},
    {NADIR_EVENT_RULE, "first", 1},
    {NADIR_EVENT_RULE, "second", 2},
};

constexpr bool is_grouped() { return std::ranges::is_sorted(table, {}, &EventField::kind); }
static_assert(is_grouped());

} // namespace

std::span<const EventField> event_fields() { return table; }

std::span<const EventField> event_fields_of(nadir_u32 kind) {
    const auto found = std::ranges::equal_range(table, static_cast<nadir_event_kind>(kind), {}, &EventField::kind);
    return {found.begin(), found.end()};
}

std::uint64_t value_of(const EventField& field, const nadir_event& event) {
    const std::uint64_t value = event.word[field.word] >> field.lowest;
    return field.bits == 64 ? value : value & ((std::uint64_t{1} << field.bits) - 1);
}

std::optional<std::uint64_t> field_of(const nadir_event& event, std::string_view name) {
    for (const EventField& field : event_fields_of(event.kind)) {
        if (field.name == name) {
            return value_of(field, event);
        }
    }
    return std::nullopt;
}

} // namespace nadir::tool
