// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor's capabilities as JSON, there and back, so that a machine can be judged on another one.
#pragma once

#include "arch/capabilities.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

inline constexpr int capability_json_format = 1;

nlohmann::ordered_json to_json(const arch::Capabilities& capabilities);

// The other way; throws Failure. `place` stands before what is wrong.
arch::Capabilities capabilities_from_json(const nlohmann::ordered_json& json, const std::string& place);

// The CPUID leaf of that name ("0x7.0"), and all names; null: it isn't held.
arch::CpuidRegisters* capability_leaf(arch::Capabilities& capabilities, std::string_view name);
std::vector<std::string_view> capability_leaf_names();

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
