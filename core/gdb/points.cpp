// SPDX-License-Identifier: MIT OR GPL-2.0-only
// GDB's breakpoints: hidden ones (docs/views.md). Views are made anew with each change, which is allowed because everybody
// stands still: each processor takes and leaves them as a hypercall of its own would.
#include "core/gdb/attend.h"
#include "core/gdb/memory.h"
#include "core/gdb/machine.h"
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

void leave_points(Vmm& vmm) {
    if (!vmm.debugger->points_on) {
        return;
    }
    (void)on_server(vmm, Errand::disarm_views);
    on_everybody(vmm, Errand::take_views);
    on_everybody(vmm, Errand::leave_views);
    vmm.debugger->points_on = false;
}

Refusal refusal_of(nadir_status status) {
    switch (status) {
    case NADIR_OK: return Refusal::none;
    case NADIR_HOOKS_NOT_ASKED_FOR: return Refusal::not_here;
    case NADIR_HOOKS_UNSUPPORTED: return Refusal::unsupported;
    case NADIR_HOOK_OURS: return Refusal::ours;
    case NADIR_BUSY: return Refusal::in_use;
    case NADIR_NO_MEMORY: return Refusal::no_memory;
    default: return Refusal::not_mapped;
    }
}

// The points that are wanted now, instead of those before.
Refusal renew_points(Vmm& vmm) {
    Debugger& debugger = *vmm.debugger;
    leave_points(vmm);
    bool any = false;
    for (const SetPoint& point : debugger.points) {
        any = any || point.used;
    }
    if (!any) {
        return Refusal::none;
    }
    if (const Refusal refusal = on_server(vmm, Errand::prepare_points); refusal != Refusal::none) {
        return refusal;
    }
    on_everybody(vmm, Errand::take_views);
    debugger.points_on = true;
    const Refusal refusal = on_server(vmm, Errand::arm_points);
    on_everybody(vmm, Errand::take_views);
    return refusal;
}

SetPoint* find(Debugger& debugger, Point kind, uint64_t linear) {
    for (SetPoint& point : debugger.points) {
        if (point.used && point.kind == kind && point.linear == linear) {
            return &point;
        }
    }
    return nullptr;
}

SetPoint* find_room(Debugger& debugger) {
    for (SetPoint& point : debugger.points) {
        if (!point.used) {
            return &point;
        }
    }
    return nullptr;
}

PointAnswer refuse(Debugger& debugger, Refusal why) {
    debugger.refusal = why;
    return PointAnswer::refused;
}

constexpr bool is_breakpoint(Point kind) {
    return kind == Point::software_breakpoint || kind == Point::hardware_breakpoint;
}

} // namespace

Refusal prepare_points_here(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    nadir_status status = prepare_views(vmm);
    for (const SetPoint& point : vmm.debugger->points) {
        if (status == NADIR_OK && point.used && find_hook(*vmm.views, point.physical) == nullptr) {
            status = add_view_hook(vcpu, point.physical, 0);
            if (status == NADIR_OK) {
                find_hook(*vmm.views, point.physical)->kind = debugger_hook;
            }
        }
    }
    return refusal_of(status);
}

Refusal arm_points_here(Vcpu& vcpu) {
    uint32_t number = 0;
    return refusal_of(arm_views(vcpu, number));
}

PointAnswer set_point(Vmm& vmm, uint32_t processor, Point kind, uint64_t linear, uint32_t bytes) {
    Debugger& debugger = *vmm.debugger;
    if (!is_breakpoint(kind)) {
        return PointAnswer::unknown;
    }
    if (find(debugger, kind, linear) != nullptr) {
        return PointAnswer::done; // GDB may ask twice
    }
    SetPoint* const point = find_room(debugger);
    if (point == nullptr) {
        return refuse(debugger, Refusal::too_many);
    }
    Task look{.errand = Errand::translate, .linear = linear};
    run_on(vmm, processor, look);
    if (!look.done) {
        return refuse(debugger, Refusal::not_mapped);
    }
    *point = {look.value, linear, bytes, kind, true};
    if (const Refusal why = renew_points(vmm); why != Refusal::none) {
        *point = {};
        (void)renew_points(vmm);
        return refuse(debugger, why);
    }
    return PointAnswer::done;
}

PointAnswer remove_point(Vmm& vmm, uint32_t, Point kind, uint64_t linear, uint32_t) {
    if (!is_breakpoint(kind)) {
        return PointAnswer::unknown;
    }
    if (SetPoint* const point = find(*vmm.debugger, kind, linear); point != nullptr) {
        *point = {};
        (void)renew_points(vmm);
    }
    return PointAnswer::done; // gone it is in any case
}

void remove_all_points(Vmm& vmm) {
    for (SetPoint& point : vmm.debugger->points) {
        point = {};
    }
    (void)renew_points(vmm);
}

void put_refusal(const Vmm& vmm, base::Writer& out) {
    switch (vmm.debugger->refusal) {
    case Refusal::none: out.text("Nothing was refused.\n"); break;
    case Refusal::not_mapped:
        out.text("There is no memory: this processor's page tables don't map the address, or it is a device's.\n");
        break;
    case Refusal::not_here: out.text("Nadir was started without memory for hidden pages (hook_pages).\n"); break;
    case Refusal::ours: out.text("There is Nadir's own memory.\n"); break;
    case Refusal::no_memory: out.text("The memory for hidden pages is used up (hook_pages).\n"); break;
    case Refusal::in_use: out.text("The system has hooks of its own: end them first.\n"); break;
    case Refusal::step:
        out.text(
            "This processor has no monitor trap flag that works, and by the trap flag the instruction here (PUSHF, POPF, "
            "IRET, INT, CLI, STI, SYSCALL, SYSRET, a load of SS) would show the debugger: set a breakpoint behind it, "
            "and continue.\n");
        break;
    case Refusal::too_many: out.text("There are as many breakpoints as can be.\n"); break;
    case Refusal::unsupported: out.text("The processor has no memory that can be executed and not read.\n"); break;
    }
}

} // namespace nadir::core::gdb
