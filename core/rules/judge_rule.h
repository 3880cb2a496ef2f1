// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Is a rule wise? Root mode could keep any that is sound (core/rules/rules.h); but some would only stop the system beneath which
// they are to work, and who wrote one of these meant something else.
#pragma once

#include <span>

#include "core/rules/rules.h"

namespace nadir::core {

// False, with why in `words`, when it is not. `cr4_bits`: those that the processor has.
bool judge_rule(const nadir_rule& rule, uint64_t cr4_bits, std::span<char> words);

} // namespace nadir::core
