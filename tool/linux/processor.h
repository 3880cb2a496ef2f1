// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor as a program sees it: CPUID by the instruction, MSRs by /dev/cpu/N/msr where that can be read.
#pragma once

#include "tool/system.h"

namespace nadir::tool {

ProcessorFacts read_processor(unsigned number);

} // namespace nadir::tool
