// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which format the exit qualification and the instruction information have, by exit reason.
#pragma once

#include "arch/registry.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// `kind`: qualification or instruction_information. Empty where that reason has none. Reason 0 has two qualifications.
std::vector<const arch::Definition*> formats_of(arch::DefinitionKind kind, std::uint32_t reason);

// By the reason's name, as we or as Linux have it, or its beginning ("ept" for EPT violation), or by the definition's.
// Empty: none.
std::vector<const arch::Definition*> formats_by_name(arch::DefinitionKind kind, std::string_view name);

// What can be asked for, for suggestions.
std::vector<std::string> names_with_format(arch::DefinitionKind kind);

} // namespace nadir::tool
