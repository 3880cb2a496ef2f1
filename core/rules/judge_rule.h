// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Is a rule wise? Root mode could keep any that is sound (core/rules/rules.h); but some would only stop the system beneath which
// they are to work, and who wrote one of these meant something else.
#pragma once

#include <span>

#include "arch/capabilities.h"
#include "core/rules/rules.h"

namespace nadir::core {

// False, with why in `words`, when it is not.
bool judge_rule(const nadir_rule& rule, const arch::Capabilities& capabilities, std::span<char> words);

} // namespace nadir::core
