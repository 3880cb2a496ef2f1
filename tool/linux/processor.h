// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor as a program sees it: CPUID by the instruction, MSRs by /dev/cpu/N/msr where that can be read.
#pragma once

#include "tool/system.h"

#include <string>

namespace nadir::tool {

ProcessorFacts read_processor(unsigned number);

// "Intel(R) Core(TM) ..."; the vendor where the processor has no longer name.
std::string brand_string();

} // namespace nadir::tool
