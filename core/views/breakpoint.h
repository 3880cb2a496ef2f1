// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Hidden breakpoints: #BP of a processor that is in a view, where one of ours lies. Root mode.
#pragma once

#include "arch/exceptions.h"
#include "arch/vmx/exit_reason.h"
#include "core/exits/outcome.h"
#include "core/views/views.h"

namespace nadir::core {

// Is this exit a hit? ViewUser::hit says of which hook.
bool look_for_hook(Vcpu& vcpu, arch::BasicExitReason reason);
// It is.
Outcome view_breakpoint(Vcpu& vcpu);

// The exceptions that exit for it: bits of the exception bitmap.
inline uint32_t view_exceptions(const Vcpu& vcpu) {
    return is_hooked(vcpu) ? 1u << static_cast<unsigned>(arch::Vector::breakpoint) : 0;
}

// The instruction under a hook was about to be carried out when something else came in between: it will be met again, and that is no
// second hit. Nothing happens where no such instruction was under way.
void expect_hook_again(Vcpu& vcpu);

} // namespace nadir::core
