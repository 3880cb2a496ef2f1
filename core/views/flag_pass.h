// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that a step by the trap flag can't let through (core/views/flag_instructions.h) touch watched memory, too: PUSHF writes
// to a stack, and code that is watched has CLI. They go without a step: blocking by MOV SS keeps the NMI window shut for one
// instruction, so the window opens behind it. In an NMI's handler it opens at the handler's end. Root mode.
#pragma once

#include "core/vcpu.h"

namespace nadir::core {

// Is the guest at one, and can't this processor step over it? One that the guest itself steps over isn't: VM entry would refuse the
// blocking.
bool needs_flag_pass(const Vcpu& vcpu);
// Everything stays open until the next exit that isn't an EPT violation, which is that of the window.
void begin_flag_pass(const Vcpu& vcpu);

} // namespace nadir::core
