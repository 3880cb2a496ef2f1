// SPDX-License-Identifier: MIT OR GPL-2.0-only
// EPT violations of a processor that is in a view. Root mode.
#pragma once

#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// The usual case, and nothing else: an execution in the reading view of hidden code, or a read in the executing view of what lies
// elsewhere than the code that reads. True when the processor is in the other view now and is to go on.
bool switch_view_plainly(Vcpu& vcpu);

// All others.
Outcome view_violation(Vcpu& vcpu);

} // namespace nadir::core
