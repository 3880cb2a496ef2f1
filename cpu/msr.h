// SPDX-License-Identifier: MIT OR GPL-2.0-only
// RDMSR and WRMSR. The plain forms fault where the processor lacks the MSR; the checked ones (cpu/checked.S) answer
// instead, and may be used only in root mode, whose #GP handler knows them.
#pragma once

#include <cstdint>

#include "arch/msr/index.h"
#include "cpu/abi.h"

namespace nadir::cpu {

inline uint64_t read_msr(arch::Msr msr) {
    uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(static_cast<uint32_t>(msr)));
    return uint64_t{high} << 32 | low;
}

template <typename Register>
Register read_msr_as(arch::Msr msr) {
    return Register{read_msr(msr)};
}

// A memory clobber, because an MSR may change what memory accesses mean.
inline void write_msr(arch::Msr msr, uint64_t value) {
    asm volatile("wrmsr"
                 :
                 : "c"(static_cast<uint32_t>(msr)), "a"(static_cast<uint32_t>(value)),
                   "d"(static_cast<uint32_t>(value >> 32))
                 : "memory");
}

extern "C" {
// Each returns 0, or 1 when the instruction raised #GP or #UD. Root mode only.
NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdmsr(uint32_t msr, uint64_t* value);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_wrmsr(uint32_t msr, uint32_t low, uint32_t high);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_xsetbv(uint32_t index, uint32_t low, uint32_t high);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdpmc(uint32_t counter, uint64_t* value);
}

} // namespace nadir::cpu
