// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The list of GDB's break- and watchpoints. The breakpoints are hidden ones (docs/views.md), the watchpoints guarded memory
// (docs/watchpoints.md), and each change makes both anew, for everybody stands still (core/gdb/apply.h).
#include "arch/paging.h"
#include "core/gdb/apply.h"
#include "core/gdb/debugger.h"
#include "core/gdb/machine.h"
#include "core/gdb/memory.h"
#include "core/gdb/share.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

SetPoint* find(Debugger& debugger, Point kind, uint64_t linear, uint32_t bytes) {
    for (SetPoint& point : debugger.points) {
        const bool is_as_long = is_breakpoint(kind) || point.bytes == bytes;
        if (point.used && point.kind == kind && point.linear == linear && is_as_long) {
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

PointAnswer refuse_point(Vmm& vmm, Point kind, uint64_t linear, Refusal why) {
    refuse(vmm, {is_breakpoint(kind) ? Deed::breakpoint : Deed::watchpoint, why, linear});
    return PointAnswer::refused;
}

void forget(Debugger& debugger, SetPoint& point) {
    const auto number = static_cast<uint32_t>(&point - debugger.points);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < debugger.watched_count; ++i) {
        if (debugger.watched[i].point != number) {
            debugger.watched[kept] = debugger.watched[i];
            ++kept;
        }
    }
    debugger.watched_count = kept;
    point = {};
}

// Where a linear address of this processor's leads, if that is memory.
Refusal find_memory(Vmm& vmm, uint32_t processor, uint64_t linear, uint64_t& physical) {
    Task look{.errand = Errand::translate, .refusal = Refusal::not_stopped, .linear = linear};
    run_on(vmm, processor, look);
    physical = look.value;
    return look.refusal;
}

Refusal add_part(Debugger& debugger, const Watched& part) {
    Watched* const last = debugger.watched_count != 0 ? &debugger.watched[debugger.watched_count - 1] : nullptr;
    if (last != nullptr && last->point == part.point && last->last + 1 == part.first) {
        last->last = part.last;
        return Refusal::none;
    }
    if (debugger.watched_count == Debugger::most_parts) {
        return Refusal::too_many;
    }
    debugger.watched[debugger.watched_count] = part;
    ++debugger.watched_count;
    return Refusal::none;
}

// Page by page, for what lies side by side in linear memory needn't elsewhere.
Refusal watch(Vmm& vmm, uint32_t processor, const SetPoint& point) {
    Debugger& debugger = *vmm.debugger;
    if (point.bytes > NADIR_MEMORY_PAGES * arch::page_size_4k) {
        return Refusal::too_much;
    }
    const auto number = static_cast<uint32_t>(&point - debugger.points);
    for (uint64_t done = 0; done < point.bytes;) {
        const uint64_t linear = point.linear + done;
        const uint64_t in_page = arch::page_size_4k - linear % arch::page_size_4k;
        const uint64_t part = point.bytes - done < in_page ? point.bytes - done : in_page;
        uint64_t physical = 0;
        Refusal why = find_memory(vmm, processor, linear, physical);
        if (why == Refusal::none) {
            why = add_part(debugger, {physical, physical + part - 1, linear, number, point.kind});
        }
        if (why != Refusal::none) {
            return why;
        }
        done += part;
    }
    return Refusal::none;
}

Refusal break_at(Vmm& vmm, uint32_t processor, SetPoint& point) {
    if (const Refusal why = find_memory(vmm, processor, point.linear, point.physical); why != Refusal::none) {
        return why;
    }
    const Hook* const hook = vmm.debugger->system_hooks ? find_hook(*vmm.views, point.physical) : nullptr;
    return hook != nullptr && hook->kind != debugger_hook ? Refusal::hook_there : Refusal::none;
}

} // namespace

PointAnswer set_point(Vmm& vmm, uint32_t processor, Point kind, uint64_t linear, uint32_t bytes) {
    Debugger& debugger = *vmm.debugger;
    if (find(debugger, kind, linear, bytes) != nullptr) {
        return PointAnswer::done; // GDB may ask twice
    }
    if (is_system_changing(vmm)) {
        return refuse_point(vmm, kind, linear, Refusal::in_use);
    }
    SetPoint* const point = find_room(debugger);
    if (point == nullptr) {
        return refuse_point(vmm, kind, linear, Refusal::too_many);
    }
    *point = {0, linear, bytes, kind, true};
    Refusal why = is_breakpoint(kind) ? break_at(vmm, processor, *point) : watch(vmm, processor, *point);
    if (why == Refusal::none) {
        why = apply_points(vmm);
        if (why == Refusal::none) {
            return PointAnswer::done;
        }
        forget(debugger, *point);
        (void)apply_points(vmm);
        return refuse_point(vmm, kind, linear, why);
    }
    forget(debugger, *point);
    return refuse_point(vmm, kind, linear, why);
}

PointAnswer remove_point(Vmm& vmm, uint32_t, Point kind, uint64_t linear, uint32_t bytes) {
    Debugger& debugger = *vmm.debugger;
    if (SetPoint* const point = find(debugger, kind, linear, bytes); point != nullptr) {
        forget(debugger, *point);
        if (!is_system_changing(vmm)) {
            (void)apply_points(vmm);
        }
    }
    return PointAnswer::done; // gone it is in any case
}

void forget_points(Debugger& debugger) {
    for (SetPoint& point : debugger.points) {
        point = {};
    }
    debugger.watched_count = 0;
}

void remove_all_points(Vmm& vmm) {
    forget_points(*vmm.debugger);
    if (!is_system_changing(vmm)) {
        (void)apply_points(vmm);
    }
}

} // namespace nadir::core::gdb
