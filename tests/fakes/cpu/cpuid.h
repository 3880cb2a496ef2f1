// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/cpuid.h: the fake processor answers.
#pragma once

#include <cstdint>

namespace nadir::cpu {

struct CpuidResult {
    uint32_t eax, ebx, ecx, edx;
};

CpuidResult cpuid(uint32_t leaf, uint32_t subleaf = 0);

} // namespace nadir::cpu
