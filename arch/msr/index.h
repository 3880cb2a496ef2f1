// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Numbers and names of the architectural MSRs; what is in them is in one header per purpose in this folder.
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::arch {

enum class Msr : std::uint32_t {
#define NADIR_MSR(name, index, type, description) name = index,
#include "arch/msr/index.inc"
#undef NADIR_MSR
};

struct MsrName {
    Msr msr;
    std::string_view name;
    std::string_view description;
};

inline constexpr MsrName msr_names[] = {
#define NADIR_MSR(name, index, type, description) {Msr::name, #name, description},
#include "arch/msr/index.inc"
#undef NADIR_MSR
};

// Empty for a number without a name here.
constexpr std::string_view name_of(Msr msr) {
    for (const MsrName& entry : msr_names) {
        if (entry.msr == msr) {
            return entry.name;
        }
    }
    return {};
}

constexpr Msr operator+(Msr msr, std::uint32_t offset) {
    return static_cast<Msr>(static_cast<std::uint32_t>(msr) + offset);
}

// Numbered families.
constexpr Msr ia32_mtrr_physbase(unsigned range) { return Msr::ia32_mtrr_physbase0 + 2 * range; }
constexpr Msr ia32_mtrr_physmask(unsigned range) { return Msr::ia32_mtrr_physmask0 + 2 * range; }
constexpr Msr ia32_mc_ctl2(unsigned bank) { return Msr::ia32_mc0_ctl2 + bank; }
constexpr Msr ia32_mc_ctl(unsigned bank) { return Msr::ia32_mc0_ctl + 4 * bank; }
constexpr Msr ia32_mc_status(unsigned bank) { return Msr::ia32_mc0_status + 4 * bank; }
constexpr Msr ia32_mc_addr(unsigned bank) { return Msr::ia32_mc0_addr + 4 * bank; }
constexpr Msr ia32_mc_misc(unsigned bank) { return Msr::ia32_mc0_misc + 4 * bank; }
constexpr Msr ia32_lbr_info(unsigned entry) { return Msr::ia32_lbr_0_info + entry; }
constexpr Msr ia32_lbr_from_ip(unsigned entry) { return Msr::ia32_lbr_0_from_ip + entry; }
constexpr Msr ia32_lbr_to_ip(unsigned entry) { return Msr::ia32_lbr_0_to_ip + entry; }

} // namespace nadir::arch
