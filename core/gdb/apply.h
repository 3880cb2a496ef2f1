// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What processors walk becomes what the list of break- and watchpoints says, with the system's own hooks among them. Everybody stands
// still, and this processor serves: so all leave what they have, it is made anew, and all take it. Root mode.
#pragma once

#include "core/gdb/task.h"

namespace nadir::core::gdb {

// Where it is refused, everybody is without hidden and watched memory: something has to be taken from the list, and this repeated.
Refusal apply_points(Vmm& vmm);

// Its parts, on one processor.
Refusal rebuild_here(Vcpu& vcpu);
void take_here(Vcpu& vcpu);
void arm_here(Vcpu& vcpu);
void leave_here(Vcpu& vcpu);

} // namespace nadir::core::gdb
