// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/share.h"

#include "core/gdb/apply.h"
#include "core/gdb/attend.h"
#include "core/gdb/debugger.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

bool has_points(const Debugger& debugger) {
    for (const SetPoint& point : debugger.points) {
        if (point.used) {
            return true;
        }
    }
    return false;
}

// Everybody stands still. There was room for the points before; where the system's hooks have taken it, they are gone, and GDB learns
// it when it sets them anew.
void bring_back(Vmm& vmm) {
    Debugger& debugger = *vmm.debugger;
    debugger.set_aside = false;
    if (!has_points(debugger)) {
        return;
    }
    if (const Refusal why = apply_points(vmm); why != Refusal::none) {
        refuse(vmm, {Deed::come_back, why, 0});
        forget_points(debugger);
        (void)apply_points(vmm);
    }
}

void set_points_aside(Vmm& vmm) {
    Debugger& debugger = *vmm.debugger;
    debugger.set_aside = true;
    if (has_points(debugger)) {
        (void)apply_points(vmm);
    }
}

} // namespace

bool is_system_changing(const Vmm& vmm) {
    const Views& views = *vmm.views;
    return vmm.debugger->set_aside || (views.ending != 0 && __atomic_load_n(&views.users, __ATOMIC_ACQUIRE) != 0);
}

bool takes_over(Vcpu& vcpu, Hypercall function) {
    Vmm& vmm = *vcpu.place.vmm;
    Debugger& debugger = *vmm.debugger;
    if (function == Hypercall::views_leave) {
        return !debugger.set_aside && has_points(debugger); // everybody has left the system's hooks already
    }
    if (function != Hypercall::views_prepare && function != Hypercall::views_disarm) {
        return false;
    }
    const HoldAll everybody{vcpu};
    if (function == Hypercall::views_prepare) {
        if (!debugger.system_hooks) {
            set_points_aside(vmm);
        }
        return false;
    }
    debugger.system_hooks = false;
    bring_back(vmm);
    return has_points(debugger);
}

void after_change(Vcpu& vcpu, Hypercall function, nadir_status status) {
    Vmm& vmm = *vcpu.place.vmm;
    Debugger& debugger = *vmm.debugger;
    const bool is_armed = function == Hypercall::views_arm && status == NADIR_OK;
    const bool has_failed = function == Hypercall::views_prepare && status != NADIR_OK && !debugger.system_hooks;
    if (is_armed || has_failed) {
        const HoldAll everybody{vcpu};
        debugger.system_hooks = is_armed;
        bring_back(vmm);
    }
}

} // namespace nadir::core::gdb
