// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Rules at VM exits. Root mode.
#pragma once

#include "arch/vmx/exit_reason.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// Does a rule have an answer to this exit? Then it is given, and `outcome` is what came of it.
bool answer_by_rule(Vcpu& vcpu, arch::BasicExitReason reason, Outcome& outcome);

} // namespace nadir::core
