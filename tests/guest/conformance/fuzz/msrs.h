// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which MSRs sequences read and write.
#pragma once

#include "tests/guest/conformance/fuzz/random.h"

namespace nadir::conformance::fuzz {

struct MsrWrite {
    u32 number;
    u64 value;
};

// Any, in the two ranges and outside, but for those that count by themselves.
u32 readable_msr(Random& random);

// Those whose old value can be put back, with a value that may be right; or one that isn't there.
MsrWrite writable_msr(Random& random);

// Nadir may work long on it, and what happens at a certain time happens elsewhere then.
bool takes_long(u32 number);

} // namespace nadir::conformance::fuzz
