// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/prepare.h"

#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/fields.h"
#include "core/extensions/roll.h"
#include "core/gdb/watch.h"
#include "core/memory/ept_lock.h"
#include "core/memory/guest_memory.h"
#include "core/memory/second_level.h"
#include "core/step.h"
#include "core/views/copy.h"
#include "core/views/find_page.h"
#include "core/views/flag_instructions.h"
#include "core/views/guard.h"
#include "core/views/step.h"
#include "core/views/use.h"
#include "core/vmm.h"

namespace nadir::core {

using arch::EptLeaf;

namespace {

constexpr uint64_t page = 4096;

bool is_in_use(const Views& views) { return __atomic_load_n(&views.users, __ATOMIC_ACQUIRE) != 0; }

// Nobody may change it unseen.
EptLeaf guarded(EptLeaf leaf) { return leaf.set_write(false); }

nadir_status hide(Vcpu& vcpu, Views& views, uint64_t address) {
    EptLeaf leaf;
    const nadir_status status = find_page(vcpu, address, leaf);
    if (status != NADIR_OK) {
        return status;
    }
    if (is_guarded(*vcpu.place.vmm, address)) {
        return NADIR_HOOK_WATCHED;
    }
    if (gdb::watched_kinds(*vcpu.place.vmm, address) != 0) {
        return NADIR_GDB_WATCHES;
    }
    PagePool::Page copy = views.copies.take();
    if (copy.entries == nullptr) {
        copy = views.pool.take();
    }
    if (copy.entries == nullptr || !view_set(views.reading, address, guarded(leaf)) ||
        !view_set(views.executing, address, guarded(leaf))) {
        return NADIR_NO_MEMORY;
    }
    HiddenPage* const hidden = add_hidden(views, address);
    if (hidden == nullptr) {
        return NADIR_NO_MEMORY;
    }
    hidden->copy = copy.physical;
    hidden->content = copy.entries;
    return NADIR_OK;
}

void arm(Vcpu& vcpu, Views& views, const HiddenPage& hidden) {
    const EptLeaf leaf{view_entry_at(views.reading, 1, hidden.address).value};
    refresh_copy(vcpu, hidden);
    (void)view_set(
        views.executing, hidden.address,
        EptLeaf::make(hidden.copy, type_at(vcpu.place.vmm->ept.mtrr, hidden.copy), 1).set_read(false).set_write(false));
    (void)view_set(views.reading, hidden.address, EptLeaf{leaf}.set_execute(false));
    restore_in_guards(views, hidden.address);
}

// A hook on an instruction that this processor can't let through alone. None: null.
const Hook* find_unsteppable(const Vcpu& vcpu, const Views& views) {
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::works)) {
        return nullptr;
    }
    for (uint32_t i = 0; i < views.hook_count; ++i) {
        const Hook& hook = views.hooks[i];
        constexpr uint64_t longest = 15;
        uint8_t bytes[longest];
        const uint64_t in_page = page - hook.address % page;
        const auto count = static_cast<uint32_t>(in_page < longest ? in_page : longest);
        GuestMemory{vcpu}.read(hook.address, bytes, count);
        // GDB takes its breakpoint away before it steps.
        const bool goes_on_here = hook.kind != NADIR_HOOK_REDIRECT && hook.kind != debugger_hook;
        if (goes_on_here && uses_hidden_flags(bytes, count)) {
            return &hook;
        }
    }
    return nullptr;
}

// No page is hidden; the hooks are still there. Nobody is in a view.
nadir_status empty_views(Vmm& vmm) {
    const arch::VmxEptVpidCapability capability{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    if (!capability.execute_only() || !capability.invept_all_context()) {
        return NADIR_HOOKS_UNSUPPORTED;
    }
    Views& views = *vmm.views;
    views.pool.used = 0;
    views.copies.begin();
    views.page_count = 0;
    views.armed = 0;
    views.ending = 0;
    return view_begin(views.reading) && view_begin(views.executing) ? NADIR_OK : NADIR_NO_MEMORY;
}

bool takes_hooks(uint64_t extension) {
    return extension < extension_count() && extension_description(static_cast<uint32_t>(extension))->wants_hooks;
}

} // namespace

nadir_status prepare_views(Vmm& vmm) {
    Views* const views = vmm.views;
    if (views == nullptr) {
        return NADIR_HOOKS_NOT_ASKED_FOR;
    }
    if (is_in_use(*views)) {
        return NADIR_BUSY;
    }
    const nadir_status status = empty_views(vmm);
    views->hook_count = 0;
    return status;
}

nadir_status renew_hidden_pages(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    Views& views = *vmm.views;
    nadir_status status = empty_views(vmm);
    const EptLock lock{vcpu};
    for (uint32_t i = 0; status == NADIR_OK && i < views.hook_count; ++i) {
        const uint64_t address = views.hooks[i].address & ~(page - 1);
        status = find_hidden(views, address) == nullptr ? hide(vcpu, views, address) : NADIR_OK;
    }
    return status;
}

nadir_status add_view_hook(Vcpu& vcpu, uint64_t address_and_kind, uint64_t target) {
    Views* const views = vcpu.place.vmm->views;
    const auto kind = static_cast<uint8_t>(address_and_kind >> hook_kind_at);
    const uint64_t address = packed_hook(address_and_kind, 0);
    if (views == nullptr || views->reading.root == 0) {
        return NADIR_BAD_ARGUMENT;
    }
    if (is_in_use(*views)) {
        return NADIR_BUSY;
    }
    if (kind > NADIR_HOOK_CALL) {
        return NADIR_BAD_ARGUMENT;
    }
    if (kind == NADIR_HOOK_CALL && !takes_hooks(target)) {
        return NADIR_HOOK_EXTENSION;
    }
    if (find_hook(*views, address) != nullptr) {
        return NADIR_BAD_ARGUMENT;
    }
    const EptLock lock{vcpu};
    if (find_hidden(*views, address) == nullptr) {
        const nadir_status status = hide(vcpu, *views, address & ~(page - 1));
        if (status != NADIR_OK) {
            return status;
        }
    }
    const uint32_t number = views->hook_count;
    Hook* const hook = add_hook(*views, address);
    if (hook == nullptr) {
        return NADIR_NO_MEMORY;
    }
    hook->number = number;
    hook->target = target;
    hook->kind = kind;
    return NADIR_OK;
}

nadir_status take_views(Vcpu& vcpu) {
    Views* const views = vcpu.place.vmm->views;
    if (views == nullptr || views->page_count == 0) {
        return NADIR_BAD_ARGUMENT;
    }
    if (vcpu.view != nullptr && vcpu.view->guard != nullptr && vcpu.view->guard->over_hooks == 0) {
        return NADIR_BUSY; // it hasn't taken the plan that knows of the hooks
    }
    if (!is_hooked(vcpu)) {
        count_view_user(*views, true);
        begin_view_user(vcpu);
        vcpu.view->hooked = 1;
        choose_views(vcpu);
        prepare_steps(vcpu);
        // It may come late, from where nobody saw what it wrote.
        const EptLock lock{vcpu};
        for (uint32_t i = 0; views->armed != 0 && i < views->page_count; ++i) {
            refresh_copy(vcpu, views->pages[i]);
        }
    }
    use_view(vcpu);
    forget_guest_translations(vcpu);
    return NADIR_OK;
}

nadir_status arm_views(Vcpu& vcpu, uint32_t& refused) {
    Views* const views = vcpu.place.vmm->views;
    if (views == nullptr || !is_hooked(vcpu) || views->armed != 0) {
        return NADIR_BAD_ARGUMENT;
    }
    if (const Hook* const hook = find_unsteppable(vcpu, *views); hook != nullptr) {
        refused = hook->number;
        return NADIR_HOOK_INSTRUCTION;
    }
    const EptLock lock{vcpu};
    count_hooks(*views);
    for (uint32_t i = 0; i < views->page_count; ++i) {
        arm(vcpu, *views, views->pages[i]);
    }
    views->armed = 1;
    ++views->generation;
    return NADIR_OK;
}

nadir_status disarm_views(Vcpu& vcpu) {
    Views* const views = vcpu.place.vmm->views;
    if (views == nullptr || views->page_count == 0) {
        return NADIR_BAD_ARGUMENT;
    }
    const EptLock lock{vcpu};
    for (uint32_t i = 0; i < views->page_count; ++i) {
        const uint64_t address = views->pages[i].address;
        const EptLeaf leaf = guarded(EptLeaf{ept_entry_at(vcpu.place.vmm->ept, 1, address).value});
        (void)view_set(views->executing, address, leaf);
        (void)view_set(views->reading, address, leaf);
        restore_in_guards(*views, address);
    }
    views->ending = 1; // no guard is laid over them any more
    ++views->generation;
    return NADIR_OK;
}

void leave_views(Vcpu& vcpu) {
    if (!is_hooked(vcpu)) {
        return;
    }
    forget_step(vcpu);
    close_pages(vcpu);
    vcpu.view->hooked = 0;
    choose_views(vcpu);
    use_view(vcpu);
    end_view_user(vcpu);
    count_view_user(*vcpu.place.vmm->views, false);
}

} // namespace nadir::core
