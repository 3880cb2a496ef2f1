// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that exit under Nadir, at random. They change nothing that stays, bare or virtualised.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// xorshift64*: small, and the same again from the same seed.
struct Random {
    u64 state; // not 0

    constexpr u64 next() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545'F491'4F6C'DD1D;
    }
    constexpr u32 below(u32 end) { return static_cast<u32>((next() >> 32) * end >> 32); }
};

// One of them. A fault that it ends in is caught; interrupts are off then.
void something_that_exits(Random& random);

} // namespace nadir::bare
