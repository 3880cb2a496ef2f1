// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The system's own hooks (core/views/hooks.h) beside GDB's break- and watchpoints. A set of them comes and goes by several hypercalls,
// and between them the machine runs: GDB's points are set aside for that long, and are back with the last one. Root mode, in a hypercall
// about views, of a start that asked for a debugger.
#pragma once

#include "control/control.h"
#include "core/hypercall.h"
#include "core/vcpu.h"

namespace nadir::core::gdb {

// Before it is carried out. True: the debugger has done what is to be done.
bool takes_over(Vcpu& vcpu, Hypercall function);
void after_change(Vcpu& vcpu, Hypercall function, nadir_status status);

// The system's hooks are on their way: nothing can be set beside them now.
bool is_system_changing(const Vmm& vmm);

} // namespace nadir::core::gdb
