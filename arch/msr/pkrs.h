// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_PKRS (and PKRU, of the same layout): two bits for each of 16 keys. [SDM3 "Protection Keys"]
struct Pkrs : Register<Pkrs, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, rights, 31, 0, "bit 2i: accesses of key i disabled; bit 2i+1: its writes disabled")

    [[nodiscard]] constexpr bool access_disabled(unsigned key) const { return ((value >> (2 * (key & 15))) & 1) != 0; }
    [[nodiscard]] constexpr bool write_disabled(unsigned key) const { return ((value >> (2 * (key & 15))) & 2) != 0; }
};

} // namespace nadir::arch
