// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/msr.h. The unchecked accesses throw where a processor would raise #GP.
#pragma once

#include <cstdint>

#include "arch/msr/index.h"
#include "cpu/abi.h"

namespace nadir::cpu {

uint64_t read_msr(arch::Msr msr);
void write_msr(arch::Msr msr, uint64_t value);

template <typename Register>
Register read_msr_as(arch::Msr msr) {
    return Register{read_msr(msr)};
}

extern "C" {
NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdmsr(uint32_t msr, uint64_t* value);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_wrmsr(uint32_t msr, uint32_t low, uint32_t high);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_xsetbv(uint32_t index, uint32_t low, uint32_t high);
NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdpmc(uint32_t counter, uint64_t* value);
}

} // namespace nadir::cpu
