// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How people name a register that CPUID returns.
#pragma once

#include "arch/registry.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace nadir::tool {

struct CpuidName {
    std::uint32_t leaf = 0;
    std::uint32_t sub_leaf = 0;
    std::optional<arch::CpuidRegister> output; // none: all four
};

// What follows "cpuid": ".7.0.ebx", ":0x7.ebx", ".(EAX=07H,ECX=0):EBX", ".80000008h.eax"; the leaf's and the
// sub-leaf's numbers are hexadecimal, as in the manual. A feature's name at the end (".ECX.VMX[5]") is ignored.
// Null when it isn't one of these.
std::optional<CpuidName> parse_cpuid_name(std::string_view text);

// The definition for it; where a leaf has the same registers in each sub-leaf, that of another sub-leaf. Null: none.
const arch::Definition* find_cpuid(std::uint32_t leaf, std::uint32_t sub_leaf, arch::CpuidRegister output);

} // namespace nadir::tool
