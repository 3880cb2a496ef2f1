// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Chooses the value of a control field: every required control or an error that says which is missing, every optional
// control that the processor offers, and what the processor forces. Nothing is masked away in silence.
// [SDM3 "Algorithms for Determining VMX Capabilities"]
#pragma once

#include "check/wanted_controls.h"

#include <cstdint>

namespace nadir::check {

struct [[nodiscard]] ControlChoice {
    std::uint64_t value = 0;   // what to write
    std::uint64_t missing = 0; // required, but not allowed to be 1: don't start
    std::uint64_t absent = 0;  // optional, but not allowed to be 1
    std::uint64_t forced = 0;  // neither required nor optional, but must be 1: what it causes has to be handled

    constexpr bool ok() const { return missing == 0; }
    // 32-bit fields have 32-bit controls.
    constexpr std::uint32_t value32() const { return static_cast<std::uint32_t>(value); }
    constexpr bool has(unsigned position) const { return ((value >> position) & 1) != 0; }
    // The lowest missing bit; only where !ok().
    constexpr unsigned first_missing() const { return static_cast<unsigned>(__builtin_ctzll(missing)); }
};

constexpr ControlChoice choose(std::uint64_t wanted_required, std::uint64_t wanted_optional,
                               arch::ControlBounds bounds) {
    const std::uint64_t wanted = wanted_required | wanted_optional;
    return {
        .value = bounds.must_be_one | (wanted & bounds.may_be_one),
        .missing = wanted_required & ~bounds.may_be_one,
        .absent = wanted_optional & ~bounds.may_be_one,
        .forced = bounds.must_be_one & ~wanted,
    };
}

// The same for one of Nadir's own lists. `extra` are controls that the caller wants besides, all required.
constexpr ControlChoice choose(ControlGroup group, const arch::Capabilities& caps, std::uint64_t extra = 0) {
    const WantedControls wanted = wanted_controls(group, caps);
    return choose(wanted.required | extra, wanted.optional, bounds_of(group, caps));
}

} // namespace nadir::check
