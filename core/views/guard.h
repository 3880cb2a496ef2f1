// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Memory that is watched or protected (docs/watchpoints.md): a view in which the pages lack the rights that somebody wants to see used.
// The access exits, is judged (core/views/access.h), and is done by the instruction itself in a step (core/views/step.h).
//
// Each of the two copies of the plan has a guard of its own, made while no processor uses it, and a processor takes it together with
// the plan. It lies over the tables of all or, where there are hooks, over their two views, and is two views then, too. Root mode.
#pragma once

#include "control/control.h"
#include "core/memory/view.h"
#include "core/plan/copies.h"
#include "core/vcpu.h"

namespace nadir::core {

struct Views;

// Behind those of the plan's copies: of processors without a plan that guards something, where GDB has watchpoints.
inline constexpr uint32_t debugger_guard = plan_copies;
inline constexpr uint32_t guard_copies = plan_copies + 1;

struct Guard {
    EptView reading, executing; // without hooks the same tables
    PagePool pool;
    uint32_t pages;      // that lack a right; 0: there is nothing to guard, and no table
    uint32_t over_hooks; // 1: beneath are the views of the hooks
};

struct Rights {
    bool read, write, execute;
};

// What this plan leaves of the rights to a page.
Rights rights_left(const Vmm& vmm, const Plan& plan, uint64_t address);
// What GDB's watchpoints do. No page belongs to a plan and to them.
Rights rights_left_by_debugger(const Vmm& vmm, uint64_t address);

// A plan is begun: its guard has nothing.
void begin_guard(Vmm& vmm, const Plan& plan);
// The plan has got this range: the pages get what it leaves them. NADIR_HOOKS_NOT_ASKED_FOR, NADIR_HOOK_NO_MEMORY and the like:
// nothing more than a part of the guard was made, and the plan can't be finished.
nadir_status guard_range(Vcpu& vcpu, const Plan& plan, uint64_t first, uint64_t last);

// The plan in work is complete: what GDB watches is in its guard, too.
nadir_status finish_guard(Vcpu& vcpu);
// GDB's watchpoints are others now, or the views beneath: all guards that are in use, anew. Nobody stands on one.
nadir_status renew_guards(Vcpu& vcpu);

// This processor takes the guard of the plan, or gives up what it has: null.
void take_guard(Vcpu& vcpu, const Plan* plan);
void leave_guard(Vcpu& vcpu);

// The tables beneath have changed: everywhere; around this address, where there was nothing; in this page. The lock is held.
void refresh_guards(Views& views);
void follow_guards(Views& views, uint64_t address);
void restore_in_guards(Views& views, uint64_t address);

// Does a present guard have the page around this address?
bool is_guarded(const Vmm& vmm, uint64_t address);

} // namespace nadir::core
