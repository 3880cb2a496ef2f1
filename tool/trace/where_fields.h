// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a filter can ask of an event, by name.
#pragma once

#include "tool/trace/seen_event.h"
#include "tool/trace/where.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// Every name, also those that only some events have.
std::vector<std::string_view> all_field_names();

bool is_field(std::string_view name);
bool is_text_field(std::string_view name);

// Why no event that was asked for has this field; empty: one may.
std::string why_without(std::string_view name, const WhereScope& scope);

// Nothing where this event has none.
std::optional<std::uint64_t> number_field(const SeenEvent& one, std::string_view name);
std::optional<std::string> text_field(const SeenEvent& one, std::string_view name);

} // namespace nadir::tool
