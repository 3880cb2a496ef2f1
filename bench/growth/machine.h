// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A machine as far as the second-level translation can see it: how much memory, how its firmware set the MTRRs, how wide
// its addresses are.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/memory/ept.h"

namespace nadir::bench {

inline constexpr uint64_t kib = 1 << 10, mib = 1 << 20, gib = 1 << 30;

// How firmware says what is memory and what belongs to devices.
enum class Firmware : uint8_t {
    uniform, // no ranges at all: everything is write-back
    usual,   // write-back by default, fixed ranges below 1 MiB, devices from 2 to 4 GiB uncacheable
    holes,   // uncacheable by default; ranges for memory, with graphics memory cut out of it below 3 GiB
};

inline constexpr struct {
    Firmware firmware;
    std::string_view name;
} firmwares[] = {{Firmware::uniform, "uniform"}, {Firmware::usual, "usual"}, {Firmware::holes, "holes"}};

struct Machine {
    uint64_t memory;
    Firmware firmware;
    uint32_t physical_bits;
    bool large_1g;

    // The first address behind memory: what devices take of the first 4 GiB comes back above.
    uint64_t end_of_memory() const;
};

// As the core would plan it, with an arena of two pieces to hide. The pool isn't set.
core::EptPlan plan_of(const Machine& machine);

// Bits that the addresses of this much memory need; never fewer than the narrowest processors with VT-x have.
uint32_t bits_for(uint64_t memory);

} // namespace nadir::bench
