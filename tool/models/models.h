// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Processors whose capabilities ship with the tool: what the emulator's models say about themselves. models/*.json are
// outputs of `nadir caps --json`; the build puts them into the program (embed.cmake).
#pragma once

#include "tool/capability_json.h"

#include <optional>
#include <span>
#include <string_view>

namespace nadir::tool {

struct EmbeddedModel {
    std::string_view name; // "corei7_skylake_x"
    std::string_view json;
};

// In the order of their names.
std::span<const EmbeddedModel> processor_models();

// Nothing where no model is called so.
std::optional<ProcessorKind> processor_model(std::string_view name);

} // namespace nadir::tool
