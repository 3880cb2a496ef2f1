// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include <cstdint>

#include "cpu/halves.h"

namespace nadir::cpu {

struct CpuidResult {
    uint32_t eax, ebx, ecx, edx;
};

inline CpuidResult cpuid(uint32_t leaf, uint32_t subleaf = 0) {
    uint64_t a, b, c, d;
    asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(subleaf));
    return {whole_register(a), whole_register(b), whole_register(c), whole_register(d)};
}

} // namespace nadir::cpu
