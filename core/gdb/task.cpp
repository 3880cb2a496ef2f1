// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/task.h"

#include "core/gdb/apply.h"
#include "core/gdb/memory.h"
#include "core/guest.h"

namespace nadir::core::gdb {

void do_here(Vcpu& vcpu, Task& task) {
    switch (task.errand) {
    case Errand::read_register: task.done = get_register(vcpu, task.which, task.value); break;
    case Errand::write_register: task.refusal = set_register(vcpu, task.which, task.value); break;
    case Errand::describe:
        task.value = guest_privilege_level();
        task.done = is_halted();
        break;
    case Errand::read_bytes: task.count = read_bytes_here(vcpu, task.linear, task.to, task.bytes); break;
    case Errand::write_bytes: task.count = write_bytes_here(vcpu, task.linear, task.from, task.bytes); break;
    case Errand::translate: task.refusal = find_memory_here(vcpu, task.linear, task.value); break;
    case Errand::walk: walk_here(vcpu, task); break;
    case Errand::judge_step: task.done = can_step_here(vcpu); break;
    case Errand::read_field: read_field_here(vcpu, task); break;
    case Errand::leave_views: leave_here(vcpu); break;
    case Errand::rebuild_views: task.refusal = rebuild_here(vcpu); break;
    case Errand::take_views: take_here(vcpu); break;
    case Errand::arm_views: arm_here(vcpu); break;
    }
}

} // namespace nadir::core::gdb
