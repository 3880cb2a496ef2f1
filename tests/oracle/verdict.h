// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the processor did with a mutant, and how the guest program says so: it reads an MSR that no processor has, whose
// index holds the mutant's number and the verdict. The emulator logs that index, right behind what it logged about the
// VM entry itself.
#pragma once

#include <cstdint>

namespace nadir::oracle {

enum class Verdict : std::uint8_t {
    vmfail_invalid,
    vmfail,        // with the instruction error
    exit_33,       // with the qualification
    exit_34,       // with the entry's number, at most 63
    entered,       // with the exit reason of what came then
    other_failure, // with the exit reason
};

struct Marker {
    static constexpr std::uint32_t space = 0x4000'0000; // reserved for software, on every processor
    static constexpr unsigned number_bits = 21;

    std::uint32_t number = 0;
    Verdict verdict = Verdict::vmfail_invalid;
    std::uint8_t detail = 0;

    constexpr std::uint32_t encode() const {
        return space | std::uint32_t{static_cast<std::uint8_t>(verdict)} << 27 | std::uint32_t{detail} << number_bits |
               number;
    }
    // Before the first mutant.
    static constexpr Marker start() { return {(1u << number_bits) - 1, Verdict::vmfail_invalid, 0}; }
    static constexpr Marker decode(std::uint32_t index) {
        return {index & ((1u << number_bits) - 1), static_cast<Verdict>(index >> 27 & 7),
                static_cast<std::uint8_t>(index >> number_bits & 0x3F)};
    }
    friend constexpr bool operator==(const Marker&, const Marker&) = default;
};
static_assert(Marker::decode(Marker{123456, Verdict::exit_34, 63}.encode()) == Marker{123456, Verdict::exit_34, 63});

} // namespace nadir::oracle
