// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/step.h"

#include "arch/vmx/fields.h"
#include "arch/msr/vmx_capabilities.h"
#include "arch/paging.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/step.h"
#include "core/views/copy.h"
#include "core/views/flag_pass.h"
#include "core/views/protected_copy.h"
#include "core/views/use.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::EptLeaf;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

arch::Eptp eptp_with(const Vcpu& vcpu, uint64_t root) { return arch::Eptp{vcpu.place.vmm->eptp}.set_address(root); }

// The page itself or its copy, with these rights, in the step tables. False: no table is left.
bool show(const Vcpu& vcpu, ViewUser& user, OpenPage& open) {
    EptLeaf leaf{view_entry_at(*user.step.beneath, 1, open.address).value};
    open.beneath = leaf.value;
    if (open.copy != 0) {
        const uint64_t address = copy_physical(user, open.copy);
        leaf = EptLeaf::make(address, type_at(vcpu.place.vmm->ept.mtrr, address), 1);
    }
    const Rights rights = open.rights;
    return view_set(user.step, open.address,
                    EptLeaf{leaf}.set_read(rights.read).set_write(rights.write).set_execute(rights.execute));
}

// Step tables that differ from what lies beneath, as it is now, in the pages that are open.
bool make_tables(const Vcpu& vcpu, ViewUser& user) {
    user.step_pool.used = 0;
    user.generation = vcpu.place.vmm->views->generation;
    bool complete = view_begin(user.step);
    for (uint32_t i = 0; i < user.open_count; ++i) {
        complete = complete && show(vcpu, user, user.open[i]);
    }
    return complete;
}

OpenPage* note(ViewUser& user, uint64_t address, uint32_t hidden) {
    for (uint32_t i = 0; i < user.open_count; ++i) {
        if (user.open[i].address == address) {
            return &user.open[i];
        }
    }
    if (user.open_count == ViewUser::most_open) {
        return nullptr;
    }
    OpenPage& open = user.open[user.open_count++];
    open = {address, hidden, 0, {}, 0};
    return &open;
}

enum class Page : uint8_t { hidden, guarded };

void begin(Vcpu& vcpu, ViewUser& user, Page page) {
    if (user.stepping != 0) {
        return;
    }
    user.stepping = 1;
    ++user.steps;
    if (vmread(vmcs::idt_vectoring_information).valid()) {
        // No instruction is at work, but an event on its way to its handler. Once it has arrived, and before the handler's first
        // instruction, the NMI window opens; in the handler of an NMI it does behind it.
        user.delivering = 1;
        arm_nmi_window(vcpu);
    } else if (page == Page::guarded && needs_flag_pass(vcpu)) {
        user.delivering = 1;
        begin_flag_pass(vcpu);
    } else {
        begin_step(vcpu, StepEnd::close_pages);
    }
}

// The lock is held.
bool open_in_tables(const Vcpu& vcpu, ViewUser& user, OpenPage& open, Rights rights) {
    open.rights.read |= rights.read;
    open.rights.write |= rights.write;
    open.rights.execute |= rights.execute;
    // When its tables are of other pages, those of the last steps, they begin anew.
    return (user.generation == vcpu.place.vmm->views->generation && show(vcpu, user, open)) || make_tables(vcpu, user);
}

void invalidate_step_tables(const Vcpu& vcpu, const ViewUser& user) {
    const arch::VmxEptVpidCapability capability{vcpu.place.vmm->capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    const bool single = capability.invept_single_context();
    (void)cpu::invept(single ? arch::InveptType::single_context : arch::InveptType::all_context,
                      arch::InveptDescriptor{eptp_with(vcpu, user.step.root).value, 0});
}

} // namespace

void open_page(Vcpu& vcpu, const HiddenPage& hidden, PageAccess access) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user, Page::hidden);
    {
        const EptLock lock{vcpu};
        const auto index = static_cast<uint32_t>(&hidden - vcpu.place.vmm->views->pages);
        OpenPage* const open = note(user, hidden.address, index);
        const bool complete =
            user.everything != 0 ||
            (open != nullptr && open_in_tables(vcpu, user, *open, {true, access.write, access.execute}));
        user.everything = complete ? user.everything : 1;
    }
    use_view(vcpu);
}

void open_guarded(Vcpu& vcpu, uint64_t address, Rights rights) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user, Page::guarded);
    {
        const EptLock lock{vcpu};
        OpenPage* const open = note(user, address & ~(arch::page_size_4k - 1), OpenPage::not_hidden);
        const bool complete = user.everything != 0 || (open != nullptr && open_in_tables(vcpu, user, *open, rights));
        user.everything = complete ? user.everything : 1;
    }
    use_view(vcpu);
}

bool open_copy(Vcpu& vcpu, uint64_t address) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user, Page::guarded);
    bool complete = false;
    {
        const EptLock lock{vcpu};
        OpenPage* const open = note(user, address & ~(arch::page_size_4k - 1), OpenPage::not_hidden);
        complete = user.everything == 0 && open != nullptr && begin_copy(vcpu, user, *open) &&
                   open_in_tables(vcpu, user, *open, {true, true, false});
    }
    use_view(vcpu);
    return complete;
}

void open_all_pages(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user, Page::hidden);
    user.everything = 1;
    use_view(vcpu);
}

void close_pages(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    if (user.stepping == 0) {
        return;
    }
    Views& views = *vcpu.place.vmm->views;
    {
        const EptLock lock{vcpu};
        const bool armed = views.armed != 0 && sees_hidden_pages(user);
        for (uint32_t i = 0; i < user.open_count; ++i) {
            const OpenPage& open = user.open[i];
            // Tables of another generation begin anew with the next step.
            if (user.generation == views.generation) {
                (void)view_set(user.step, open.address, EptLeaf{open.beneath});
            }
            if (open.copy != 0) {
                end_copy(vcpu, user, open);
            }
            if (open.hidden != OpenPage::not_hidden && open.rights.write && user.everything == 0 && armed) {
                refresh_copy(vcpu, views.pages[open.hidden]);
            }
        }
        for (uint32_t i = 0; user.everything != 0 && armed && i < views.page_count; ++i) {
            refresh_copy(vcpu, views.pages[i]);
        }
    }
    if (user.everything != 0) {
        vcpu.own_tables.root = 0; // where the step had them: the views can't reach what they map
    }
    user.stepping = 0;
    user.open_count = 0;
    user.copies_used = 0;
    user.everything = 0;
    user.delivering = 0;
    use_view(vcpu);
    // The rights that the pages had in these tables. In those of all, where a step has everything, nothing was changed.
    invalidate_step_tables(vcpu, user);
}

void end_delivery(Vcpu& vcpu, arch::BasicExitReason reason) {
    if (vcpu.view->delivering != 0 && reason != arch::BasicExitReason::ept_violation) {
        close_pages(vcpu);
    }
}

void renew_step_tables(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    const EptLock lock{vcpu};
    if (user.step.beneath == nullptr) {
        return; // it is about to have no view
    }
    if (!make_tables(vcpu, user) && user.stepping != 0) {
        user.everything = 1;
        use_view(vcpu);
    }
}

} // namespace nadir::core
