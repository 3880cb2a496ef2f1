// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Rules as people write them.
#pragma once

#include "control/control.h"

#include <string>
#include <vector>

namespace nadir::tool {

// "cpuid 1 ecx=0", "msr IA32_LSTAR write=refuse", "cr4 pin SMEP SMAP": each assignment is a rule. Throws Failure, with
// near names, where it isn't understood.
std::vector<nadir_rule> parse_rules(const std::vector<std::string>& words);

// In the same words.
std::string words_of_rule(const nadir_rule& rule);

} // namespace nadir::tool
