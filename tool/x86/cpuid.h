// SPDX-License-Identifier: MIT OR GPL-2.0-only
// CPUID, which every program may execute, on the processor that this thread runs on.
#pragma once

#include "arch/capabilities.h"

#include <cstdint>
#include <string>

namespace nadir::tool {

arch::CpuidRegisters execute_cpuid(std::uint32_t leaf, std::uint32_t subleaf);

// "Intel(R) Core(TM) ..."; the vendor where the processor has no longer name.
std::string brand_string();

// The fewest ticks of the time-stamp counter that one CPUID took, of some.
std::uint64_t fewest_cpuid_ticks();

} // namespace nadir::tool
