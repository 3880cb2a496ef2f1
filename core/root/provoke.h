// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Mistakes of root mode on demand, so that tests see what becomes of real ones. Only with nadir_options.allow_provoke.
#pragma once

#include <cstdint>

#include "core/vcpu.h"

namespace nadir::core {

// Returns true where the mistake comes with the next VM entry, false for a number that is none of enum
// nadir_provocation's.
bool provoke(Vcpu& vcpu, uint64_t provocation);

} // namespace nadir::core
