// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Accesses to the MSRs that VM exits switch, good ones and bad ones: what each of them did, to be compared.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

struct SwitchedMsrs {
    u32 tries;
    u32 refused;
    struct {
        u64 value;   // read back behind the write
        u32 faulted; // the write did
    } results[96];
};

// Each MSR with each value; afterwards all are as before. Interrupts are off.
void try_switched_msrs(SwitchedMsrs& all);

u32 differences(const SwitchedMsrs& one, const SwitchedMsrs& other);

} // namespace nadir::bare
