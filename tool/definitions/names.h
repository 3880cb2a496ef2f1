// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names as people write them, and which definition they mean.
#pragma once

#include "arch/registry.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// Lower case, and only letters and digits: how names are compared.
std::string squash(std::string_view text);

// By our name, with or without its prefix, or by another one that people use (aliases.h). Null when there is none.
// CPUID registers are not found here (cpuid_names.h).
const arch::Definition* find_by_name(std::string_view name);

// Names of definitions that look or sound like it, the nearest first, at most five.
std::vector<std::string> near_names(std::string_view name, std::optional<arch::DefinitionKind> kind = std::nullopt);

// The words for the end of an error: `Did you mean "a" or "b"?`; empty for none.
std::string did_you_mean(const std::vector<std::string>& names);

} // namespace nadir::tool
