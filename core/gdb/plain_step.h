// SPDX-License-Identifier: MIT OR GPL-2.0-only
// STI keeps traps and windows back for one instruction, so where there is no monitor trap flag a step of it would take the next one
// along. What it does is plain, and root mode does it. (A load of SS keeps them back, too, and is not plain: it reads a descriptor.)
// Root mode, on the processor that steps.
#pragma once

#include "core/vcpu.h"

namespace nadir::core::gdb {

// True: the instruction was STI, and has been carried out.
bool step_over_sti(const Vcpu& vcpu);

} // namespace nadir::core::gdb
