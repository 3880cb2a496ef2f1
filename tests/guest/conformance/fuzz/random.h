// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Numbers that depend on nothing but the seed and the number of the sequence.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::conformance::fuzz {

using namespace nadir::bare;

// Spreads each bit of the input over all bits of the output (the finalizer of MurmurHash3, as SplitMix64 uses it).
constexpr u64 spread(u64 value) {
    value = (value ^ value >> 30) * 0xBF58'476D'1CE4'E5B9;
    value = (value ^ value >> 27) * 0x94D0'49BB'1331'11EB;
    return value ^ value >> 31;
}

// SplitMix64: each sequence has a state of its own, so that any of them can be made without those before it.
class Random {
public:
    Random(u64 seed, u64 number) : state_(spread(seed) ^ spread(~number)) {}

    u64 next() { return spread(state_ += 0x9E37'79B9'7F4A'7C15); }
    u32 below(u32 limit) { return static_cast<u32>((next() >> 32) * limit >> 32); }
    bool one_in(u32 count) { return below(count) == 0; }

    template <typename T, u32 count>
    const T& of(const T (&choices)[count]) {
        return choices[below(count)];
    }

private:
    u64 state_;
};

// What a sequence left behind, as one number.
class Digest {
public:
    void add(u64 word) {
        value_ = (value_ ^ word) * 0x9FB2'1C65'1E98'DF25;
        value_ ^= value_ >> 32;
    }
    u64 value() const { return value_; }

private:
    u64 value_ = 0x6E61'6469'7221'2121;
};

} // namespace nadir::conformance::fuzz
