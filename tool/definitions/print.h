// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Definitions and decoded values for people and for programs.
#pragma once

#include "tool/definitions/decoded.h"
#include "tool/json.h"

#include <ostream>

namespace nadir::tool {

// One line of its own, then one per field: bits, name, value, words. Not `all`: without the flags that are 0.
void print_decoded(std::ostream& out, const Decoded& decoded, bool all);
// One line of its own, then one per field: bits, name, what it means.
void print_layout(std::ostream& out, const Target& target);

nlohmann::ordered_json to_json(const Decoded& decoded);
// Without the fields.
nlohmann::ordered_json definition_to_json(const Target& target);
nlohmann::ordered_json layout_to_json(const Target& target);

} // namespace nadir::tool
