// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Runs sequences, one after the other, and says by one number what each did.
#pragma once

#include "tests/guest/conformance/fuzz/sequence.h"

namespace nadir::conformance::fuzz {

// Once on each processor, on it. nullptr, or why not.
const char* prepare_processor();

// The digest of all that can be seen of it; `verbose` prints it, too.
u64 run_sequence(const Sequence& sequence, bool verbose);

} // namespace nadir::conformance::fuzz
