// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the three MSR lists have in common: the first and the last byte must be addressable.
#pragma once

#include "check/entry/rule.h"

namespace nadir::check {

inline constexpr std::string_view msr_list_hint =
    "It has to be a physical address, not a virtual one; entries have 16 bytes";

template <typename Address, typename Count>
Breach msr_list(const EntryContext& c, Address address_field, Count count_field) {
    const std::uint32_t count = c.get(count_field);
    if (count == 0) {
        return {}; // whatever the address is, and if it isn't known
    }
    const std::uint64_t address = c.get(address_field);
    const std::uint64_t last = address + std::uint64_t{count} * 16 - 1;
    const std::uint64_t bits = c.bad_physical_bits(address, 4);
    return {bits != 0 || c.bad_physical_bits(last, 0) != 0 || last < address, bits};
}

} // namespace nadir::check
