// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor's capabilities as JSON, there and back, so that a machine can be judged on another one.
#pragma once

#include "arch/capabilities.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace nadir::tool {

inline constexpr int capability_json_format = 1;

nlohmann::ordered_json to_json(const arch::Capabilities& capabilities);

// One kind of processor, and the processors that are of it.
struct ProcessorKind {
    std::vector<unsigned> numbers;
    std::string name;
    std::string source;
    std::vector<std::string> notes;
    arch::Capabilities capabilities{};
};

// Reads a document of `nadir caps --json`. Throws Failure that says what is wrong, and where.
std::vector<ProcessorKind> kinds_from_json(const std::string& text, const std::string& file);

} // namespace nadir::tool
