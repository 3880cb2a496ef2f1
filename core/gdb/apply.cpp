// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/apply.h"

#include "core/gdb/debugger.h"
#include "core/views/guard.h"
#include "core/views/prepare.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

void on_everybody(Vmm& vmm, Errand errand) {
    for (uint32_t i = 0; i < processor_count(vmm); ++i) {
        if (is_there(vmm, i)) {
            Task task{.errand = errand};
            run_on(vmm, i, task);
        }
    }
}

Refusal on_server(Vmm& vmm, Errand errand) {
    Task task{.errand = errand};
    run_on(vmm, vmm.debugger->server - 1, task);
    return task.refusal;
}

Refusal refusal_of(nadir_status status) {
    switch (status) {
    case NADIR_OK: return Refusal::none;
    case NADIR_HOOKS_UNSUPPORTED: return Refusal::unsupported;
    case NADIR_HOOK_OURS: return Refusal::ours;
    case NADIR_NO_MEMORY: return Refusal::no_memory;
    case NADIR_MEMORY_TOO_MUCH: return Refusal::too_much;
    case NADIR_MEMORY_HIDDEN:
    case NADIR_HOOK_WATCHED:
    case NADIR_GDB_WATCHES: return Refusal::used_otherwise;
    default: return Refusal::not_mapped;
    }
}

// Of the hooks, those of the system stay, if it has any.
void keep_system_hooks(Vmm& vmm) {
    Views& views = *vmm.views;
    uint32_t kept = 0;
    for (uint32_t i = 0; vmm.debugger->system_hooks && i < views.hook_count; ++i) {
        if (views.hooks[i].kind != debugger_hook) {
            views.hooks[kept] = views.hooks[i];
            ++kept;
        }
    }
    views.hook_count = kept;
}

// The breakpoints of the list, and no other ones of GDB's. Where the system has a hook itself it goes first.
Refusal renew_hooks(Vmm& vmm) {
    Views& views = *vmm.views;
    keep_system_hooks(vmm);
    for (const SetPoint& point : vmm.debugger->points) {
        if (!point.used || !is_breakpoint(point.kind) || vmm.debugger->set_aside ||
            find_hook(views, point.physical) != nullptr) {
            continue;
        }
        Hook* const hook = add_hook(views, point.physical);
        if (hook == nullptr) {
            return Refusal::no_memory;
        }
        hook->kind = debugger_hook;
        hook->number = ~uint32_t{0};
    }
    return Refusal::none;
}

// By a processor that hasn't answered, and can't leave what is about to change.
bool is_used_by_absent(const Vmm& vmm) {
    for (uint32_t i = 0; i < processor_count(vmm); ++i) {
        const Vcpu& vcpu = *vmm.vcpus[i];
        const bool runs = __atomic_load_n(&vcpu.state, __ATOMIC_ACQUIRE) == NADIR_PROCESSOR_ON;
        if (runs && !is_there(vmm, i) && vcpu.view != nullptr) {
            return true;
        }
    }
    return false;
}

} // namespace

Refusal rebuild_here(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    if (const Refusal refusal = renew_hooks(vmm); refusal != Refusal::none) {
        return refusal;
    }
    const nadir_status status = renew_hidden_pages(vcpu);
    return refusal_of(status == NADIR_OK ? renew_guards(vcpu) : status);
}

void take_here(Vcpu& vcpu) {
    if (vcpu.place.vmm->views->page_count != 0) {
        (void)take_views(vcpu);
    }
    take_guard(vcpu, vcpu.plan);
    const Debugger& debugger = *vcpu.place.vmm->debugger;
    debugger.seats[vcpu.place.processor].changes = debugger.changes;
}

void leave_here(Vcpu& vcpu) {
    leave_guard(vcpu);
    leave_views(vcpu);
}

void arm_here(Vcpu& vcpu) {
    // The system's hooks have been armed before, and GDB's may stand anywhere: nothing is refused.
    uint32_t refused = 0;
    (void)arm_views(vcpu, refused);
}

Refusal apply_points(Vmm& vmm) {
    if (is_used_by_absent(vmm)) {
        return Refusal::not_stopped;
    }
    ++vmm.debugger->changes;
    on_everybody(vmm, Errand::leave_views);
    if (const Refusal refusal = on_server(vmm, Errand::rebuild_views); refusal != Refusal::none) {
        return refusal;
    }
    on_everybody(vmm, Errand::take_views);
    if (vmm.views->page_count != 0) {
        (void)on_server(vmm, Errand::arm_views);
        on_everybody(vmm, Errand::take_views);
    }
    return Refusal::none;
}

} // namespace nadir::core::gdb
