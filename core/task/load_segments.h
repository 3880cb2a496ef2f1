// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The last part of a task switch: the new task's LDTR and segment registers. What goes wrong here is the new task's own
// exception. [SDM3 "Exception Conditions Checked During a Task Switch"]
#pragma once

#include "core/memory/guest_linear.h"
#include "core/task/task_state.h"

namespace nadir::core {

// The guest's RFLAGS are the new task's already. Where it ends by a fault, all selectors are in place and what was not
// reached is unusable, so that the guest can be entered with the exception.
MaybeFault load_task_segments(const GuestLinear& guest, const TaskState& task);

} // namespace nadir::core
