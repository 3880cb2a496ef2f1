// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Memory types as MTRRs, the PAT, EPT entries and VMX capability MSRs encode them.
// [SDM3 "Memory Types and Their Properties"]
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::arch {

enum class MemoryType : std::uint8_t {
    uncacheable = 0,
    write_combining = 1,
    write_through = 4,
    write_protected = 5,
    write_back = 6,
    uncached = 7, // UC-: in the PAT only; a WC range of the MTRRs wins over it
};

constexpr std::string_view name_of(MemoryType type) {
    switch (type) {
    case MemoryType::uncacheable: return "uncacheable (UC)";
    case MemoryType::write_combining: return "write combining (WC)";
    case MemoryType::write_through: return "write through (WT)";
    case MemoryType::write_protected: return "write protected (WP)";
    case MemoryType::write_back: return "write back (WB)";
    case MemoryType::uncached: return "uncached (UC-)";
    }
    return {};
}

// Types that an MTRR or an EPT entry may hold.
constexpr bool valid_mtrr_type(std::uint8_t type) { return type <= 6 && type != 2 && type != 3; }
// Types that an entry of the PAT may hold.
constexpr bool valid_pat_type(std::uint8_t type) { return type <= 7 && type != 2 && type != 3; }

} // namespace nadir::arch
