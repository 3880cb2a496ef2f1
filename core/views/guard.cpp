// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/guard.h"

#include "arch/msr/vmx_capabilities.h"
#include "core/gdb/watch.h"
#include "core/memory/ept_lock.h"
#include "core/memory/second_level.h"
#include "core/views/access.h"
#include "core/views/find_page.h"
#include "core/views/step.h"
#include "core/views/use.h"
#include "core/views/views.h"
#include "core/vmm.h"

namespace nadir::core {

using arch::EptLeaf;

namespace {

constexpr uint64_t page = 4096;

bool touches(uint64_t address, uint64_t first, uint64_t last) {
    return overlaps(address & ~(page - 1), address | (page - 1), first, last);
}

Guard* guard_of(const Vmm& vmm, const Plan& plan) {
    return vmm.views != nullptr ? &vmm.views->guards[&plan - vmm.plans] : nullptr;
}

bool can_execute_only(const Vmm& vmm) {
    return arch::VmxEptVpidCapability{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)}.execute_only();
}

Rights rights_without(const Vmm& vmm, uint32_t taken) {
    const bool read = (taken & NADIR_MEMORY_READ) == 0;
    // What can't be read can't be written either, and be executed only by some processors. [SDM3 "EPT Misconfigurations"]
    return {read, read && (taken & NADIR_MEMORY_WRITE) == 0,
            (taken & NADIR_MEMORY_EXECUTE) == 0 && (read || can_execute_only(vmm))};
}

bool has_hooks(const Views& views) { return views.page_count != 0 && views.ending == 0; }

bool begin(Views& views, Guard& guard) {
    guard.over_hooks = has_hooks(views) ? 1 : 0;
    guard.reading.beneath = guard.over_hooks != 0 ? &views.reading : nullptr;
    guard.executing.beneath = guard.over_hooks != 0 ? &views.executing : nullptr;
    guard.pool.used = 0;
    if (!view_begin(guard.reading) || (guard.over_hooks != 0 && !view_begin(guard.executing))) {
        return false;
    }
    if (guard.over_hooks == 0) {
        guard.executing.root = guard.reading.root;
    }
    return true;
}

namespace {

bool restrict_in(EptView& view, uint64_t address, Rights left) {
    const EptLeaf leaf{view_entry_at(view, 1, address).value};
    return view_set(view, address, EptLeaf{leaf}.set_read(left.read).set_write(left.write).set_execute(left.execute));
}

} // namespace

bool restrict_page(Guard& guard, uint64_t address, Rights left) {
    return restrict_in(guard.reading, address, left) &&
           (guard.over_hooks == 0 || restrict_in(guard.executing, address, left));
}

nadir_status guard_page(Vcpu& vcpu, Guard& guard, uint64_t address, Rights left) {
    const Vmm& vmm = *vcpu.place.vmm;
    EptLeaf leaf;
    const nadir_status status = find_page(vcpu, address, leaf);
    if (status != NADIR_OK) {
        return status;
    }
    if (has_hooks(*vmm.views) && find_hidden(*vmm.views, address) != nullptr) {
        return NADIR_MEMORY_HIDDEN;
    }
    if (guard.pages == NADIR_MEMORY_PAGES) {
        return NADIR_MEMORY_TOO_MUCH;
    }
    ++guard.pages;
    return restrict_page(guard, address, left) ? NADIR_OK : NADIR_NO_MEMORY;
}

// The lock is held.
nadir_status guard_for_debugger(Vcpu& vcpu, Guard& guard) {
    Vmm& vmm = *vcpu.place.vmm;
    for (const gdb::Watched& part : gdb::watched_parts(vmm)) {
        if (guard.pages == 0 && !begin(*vmm.views, guard)) {
            return NADIR_NO_MEMORY;
        }
        for (uint64_t number = part.first / page; number <= part.last / page; ++number) {
            const uint64_t address = number * page;
            const nadir_status status = guard_page(vcpu, guard, address, rights_left_by_debugger(vmm, address));
            if (status != NADIR_OK) {
                return status;
            }
        }
    }
    return NADIR_OK;
}

bool is_in_use(const Vmm& vmm, const Plan& plan) {
    const auto copy = static_cast<uint32_t>(&plan - vmm.plans);
    bool found = copy == vmm.present_plan || copy == vmm.plan_in_work;
    for (uint32_t i = 0; i < vmm.processor_count; ++i) {
        found = found || vmm.vcpus[i]->plan == &plan;
    }
    return found;
}

// All that a plan has had so far.
nadir_status guard_plan(Vcpu& vcpu, const Plan& plan) {
    nadir_status status = NADIR_OK;
    for (uint32_t i = 0; status == NADIR_OK && i < plan.watch.memory_count; ++i) {
        status = guard_range(vcpu, plan, plan.watch.memory[i].first, plan.watch.memory[i].last);
    }
    for (uint32_t i = 0; status == NADIR_OK && i < plan.rules.count; ++i) {
        const nadir_rule& rule = plan.rules.of[i].rule;
        if (rule.kind == NADIR_RULE_PROTECT) {
            status = guard_range(vcpu, plan, rule.keep, rule.set);
        }
    }
    return status;
}

// Who stands over the views of the hooks uses them, too.
void count_user(Views& views, const Guard* guard, bool comes) {
    if (guard != nullptr && guard->over_hooks != 0) {
        count_view_user(views, comes);
    }
}

void use_guard(Vcpu& vcpu, Views& views, const Guard* guard) {
    if (guard == nullptr && (vcpu.view == nullptr || vcpu.view->guard == nullptr)) {
        return;
    }
    begin_view_user(vcpu);
    const Guard* const before = vcpu.view->guard;
    vcpu.view->guard = guard;
    count_user(views, guard, true);
    choose_views(vcpu);
    use_view(vcpu);
    forget_guest_translations(vcpu);
    count_user(views, before, false);
    end_view_user(vcpu);
}

template <typename Do>
void for_each_view(Views& views, Do what) {
    for (Guard& guard : views.guards) {
        if (guard.pages == 0) {
            continue;
        }
        what(guard.reading);
        if (guard.over_hooks != 0) {
            what(guard.executing);
        }
    }
}

} // namespace

Rights rights_left(const Vmm& vmm, const Plan& plan, uint64_t address) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < plan.watch.memory_count; ++i) {
        const nadir_memory_range& range = plan.watch.memory[i];
        taken |= touches(address, range.first, range.last) ? range.access : 0;
    }
    for (uint32_t i = 0; has_rule(plan.rules, NADIR_RULE_PROTECT) && i < plan.rules.count; ++i) {
        const nadir_rule& rule = plan.rules.of[i].rule;
        if (rule.kind == NADIR_RULE_PROTECT && touches(address, rule.keep, rule.set)) {
            taken |= NADIR_MEMORY_WRITE;
        }
    }
    return rights_without(vmm, taken);
}

Rights rights_left_by_debugger(const Vmm& vmm, uint64_t address) {
    return rights_without(vmm, gdb::watched_kinds(vmm, address));
}

void begin_guard(Vmm& vmm, const Plan& plan) {
    if (Guard* const guard = guard_of(vmm, plan); guard != nullptr) {
        guard->pages = 0;
    }
}

nadir_status guard_range(Vcpu& vcpu, const Plan& plan, uint64_t first, uint64_t last) {
    Vmm& vmm = *vcpu.place.vmm;
    Guard* const guard = guard_of(vmm, plan);
    if (guard == nullptr) {
        return NADIR_HOOKS_NOT_ASKED_FOR;
    }
    if (last / page - first / page >= NADIR_MEMORY_PAGES) {
        return NADIR_MEMORY_TOO_MUCH;
    }
    const EptLock lock{vcpu};
    if (guard->pages == 0 && !begin(*vmm.views, *guard)) {
        return NADIR_NO_MEMORY;
    }
    for (uint64_t number = first / page; number <= last / page; ++number) {
        if (gdb::watched_kinds(vmm, number * page) != 0) {
            return NADIR_GDB_WATCHES;
        }
        const nadir_status status = guard_page(vcpu, *guard, number * page, rights_left(vmm, plan, number * page));
        if (status != NADIR_OK) {
            return status;
        }
    }
    return NADIR_OK;
}

nadir_status finish_guard(Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    Guard* const guard = vmm.plan_in_work < plan_copies ? guard_of(vmm, vmm.plans[vmm.plan_in_work]) : nullptr;
    if (guard == nullptr || guard->pages == 0) {
        return NADIR_OK; // the debugger's own one is enough
    }
    const EptLock lock{vcpu};
    return guard_for_debugger(vcpu, *guard);
}

nadir_status renew_guards(Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    Views& views = *vmm.views;
    for (uint32_t i = 0; i < plan_copies; ++i) {
        const Plan& plan = vmm.plans[i];
        Guard& guard = views.guards[i];
        const bool is_wanted = guard.pages != 0 && is_in_use(vmm, plan);
        guard.pages = 0;
        if (!is_wanted) {
            continue;
        }
        nadir_status status = guard_plan(vcpu, plan);
        if (status == NADIR_OK) {
            const EptLock lock{vcpu};
            status = guard_for_debugger(vcpu, guard);
        }
        if (status != NADIR_OK) {
            return status;
        }
    }
    Guard& own = views.guards[debugger_guard];
    own.pages = 0;
    const EptLock lock{vcpu};
    return guard_for_debugger(vcpu, own);
}

void take_guard(Vcpu& vcpu, const Plan* plan) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (vmm.views == nullptr) {
        return; // nor is there a guard in use
    }
    const Guard* guard = plan != nullptr ? guard_of(vmm, *plan) : nullptr;
    if (guard == nullptr || guard->pages == 0) {
        guard = &vmm.views->guards[debugger_guard];
    }
    use_guard(vcpu, *vmm.views, guard->pages != 0 ? guard : nullptr);
}

void leave_guard(Vcpu& vcpu) {
    if (Views* const views = vcpu.place.vmm->views; views != nullptr) {
        use_guard(vcpu, *views, nullptr);
    }
}

void refresh_guards(Views& views) { for_each_view(views, view_refresh); }

void follow_guards(Views& views, uint64_t address) {
    for_each_view(views, [address](EptView& view) { view_follow(view, address); });
}

void restore_in_guards(Views& views, uint64_t address) {
    for_each_view(views, [address](EptView& view) { view_restore(view, address); });
}

bool is_guarded(const Vmm& vmm, uint64_t address) {
    if (vmm.present_plan >= plan_copies) {
        return false;
    }
    const Rights left = rights_left(vmm, vmm.plans[vmm.present_plan], address);
    return !left.read || !left.write || !left.execute;
}

} // namespace nadir::core
