// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The words of an event by name, as control/event_ring.h describes them: for filters and for programs.
#pragma once

#include "control/event_ring.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace nadir::tool {

struct EventField {
    nadir_event_kind kind;
    std::string_view name;
    std::uint8_t word;
    std::uint8_t lowest = 0; // bit
    std::uint8_t bits = 64;
};

// Of all kinds, those of one kind together.
std::span<const EventField> event_fields();
std::span<const EventField> event_fields_of(nadir_u32 kind);

std::uint64_t value_of(const EventField& field, const nadir_event& event);

// Nothing where this kind of event has no such field.
std::optional<std::uint64_t> field_of(const nadir_event& event, std::string_view name);

} // namespace nadir::tool
