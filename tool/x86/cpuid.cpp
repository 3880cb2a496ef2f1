// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/x86/cpuid.h"

#include <algorithm>
#include <cpuid.h>
#include <cstring>
#include <x86intrin.h>

namespace nadir::tool {

arch::CpuidRegisters execute_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    arch::CpuidRegisters registers{};
    __cpuid_count(leaf, subleaf, registers.eax, registers.ebx, registers.ecx, registers.edx);
    return registers;
}

std::string brand_string() {
    char text[49] = {};
    const bool has_brand = execute_cpuid(0x80000000, 0).eax >= 0x80000004;
    for (std::uint32_t i = 0; has_brand && i < 3; ++i) {
        const arch::CpuidRegisters part = execute_cpuid(0x80000002 + i, 0);
        std::memcpy(text + std::size_t{16} * i, &part, 16);
    }
    if (text[0] == '\0') {
        const arch::CpuidRegisters vendor = execute_cpuid(0, 0);
        std::memcpy(text, &vendor.ebx, 4);
        std::memcpy(text + 4, &vendor.edx, 4);
        std::memcpy(text + 8, &vendor.ecx, 4);
    }
    std::string name(text);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    return name;
}

std::uint64_t fewest_cpuid_ticks() {
    std::uint64_t fewest = ~std::uint64_t{0};
    for (unsigned i = 0; i < 16; ++i) {
        const std::uint64_t begin = __rdtsc();
        (void)execute_cpuid(0, 0);
        fewest = std::min(fewest, std::uint64_t{__rdtsc()} - begin);
    }
    return fewest;
}

} // namespace nadir::tool
