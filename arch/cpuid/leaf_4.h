// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 4: one cache per sub-leaf, until the type is "none".
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

enum class CacheType : std::uint8_t { none = 0, data = 1, instruction = 2, unified = 3 };

constexpr std::string_view name_of(CacheType type) {
    constexpr std::string_view names[] = {"none", "data", "instruction", "unified"};
    return static_cast<std::uint8_t>(type) < 4 ? names[static_cast<std::uint8_t>(type)] : std::string_view{};
}

struct Leaf4Eax : Register<Leaf4Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(CacheType, type, 4, 0, "type of cache")
    NADIR_FIELD(std::uint8_t, level, 7, 5, "level, from 1")
    NADIR_BIT(self_initializing, 8, "needs no initialisation by software")
    NADIR_BIT(fully_associative, 9, "fully associative")
    NADIR_FIELD(std::uint16_t, sharing_minus_one, 25, 14, "identifiers of logical processors that share it, minus 1")
    NADIR_FIELD(std::uint8_t, cores_minus_one, 31, 26, "identifiers of cores in the package, minus 1")
};

struct Leaf4Ebx : Register<Leaf4Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, line_size_minus_one, 11, 0, "bytes of a line, minus 1")
    NADIR_FIELD(std::uint16_t, partitions_minus_one, 21, 12, "partitions, minus 1")
    NADIR_FIELD(std::uint16_t, ways_minus_one, 31, 22, "ways, minus 1")
};

struct Leaf4Ecx : Register<Leaf4Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, sets_minus_one, 31, 0, "sets, minus 1")
};

struct Leaf4Edx : Register<Leaf4Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(wbinvd_own_level_only, 0, "WBINVD does not reach lower caches of sharing processors")
    NADIR_BIT(inclusive, 1, "holds what lower levels hold")
    NADIR_BIT(complex_indexing, 2, "complex indexing")
};

} // namespace nadir::arch::cpuid
