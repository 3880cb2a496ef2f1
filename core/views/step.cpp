// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/step.h"

#include "arch/vmx/fields.h"
#include "arch/msr/vmx_capabilities.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/step.h"
#include "core/views/copy.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::EptLeaf;
using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

arch::Eptp eptp_with(const Vcpu& vcpu, uint64_t root) { return arch::Eptp{vcpu.place.vmm->eptp}.set_address(root); }

uint64_t root_of_all(const Vcpu& vcpu) {
    return vcpu.own_tables.in_use() ? vcpu.own_tables.root : vcpu.place.vmm->ept.root;
}

// The page itself, with these rights, in the step tables. False: no table is left.
bool show(const Views& views, ViewUser& user, const OpenPage& open) {
    const EptLeaf leaf{view_entry_at(views.reading, 1, open.address).value};
    return view_set(user.step, open.address,
                    EptLeaf{leaf}.set_read(true).set_write(open.write).set_execute(open.execute));
}

// Step tables that differ from the reading view, as it is now, in the pages that are open.
bool make_tables(const Views& views, ViewUser& user) {
    user.step_pool.used = 0;
    user.generation = views.generation;
    bool complete = view_begin(user.step);
    for (uint32_t i = 0; i < user.open_count; ++i) {
        complete = complete && show(views, user, user.open[i]);
    }
    return complete;
}

OpenPage* note(const Views& views, ViewUser& user, const HiddenPage& hidden) {
    for (uint32_t i = 0; i < user.open_count; ++i) {
        if (user.open[i].address == hidden.address) {
            return &user.open[i];
        }
    }
    if (user.open_count == ViewUser::most_open) {
        return nullptr;
    }
    OpenPage& open = user.open[user.open_count++];
    open = {hidden.address, static_cast<uint32_t>(&hidden - views.pages), false, false};
    return &open;
}

void begin(Vcpu& vcpu, ViewUser& user) {
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
    } else {
        begin_step(vcpu, StepEnd::close_pages);
    }
}

// The lock is held.
bool open_in_tables(const Views& views, ViewUser& user, const HiddenPage& hidden, PageAccess access) {
    OpenPage* const open = note(views, user, hidden);
    if (open == nullptr) {
        return false;
    }
    open->write |= access.write;
    open->execute |= access.execute;
    // When its tables are of other pages, those of the last steps, they begin anew.
    return (user.generation == views.generation && show(views, user, *open)) || make_tables(views, user);
}

void invalidate_step_tables(const Vcpu& vcpu, const ViewUser& user) {
    const arch::VmxEptVpidCapability capability{vcpu.place.vmm->capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    const bool single = capability.invept_single_context();
    (void)cpu::invept(single ? arch::InveptType::single_context : arch::InveptType::all_context,
                      arch::InveptDescriptor{eptp_with(vcpu, user.step.root).value, 0});
}

} // namespace

void begin_view_user(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    const Views& views = *vcpu.place.vmm->views;
    user.eptp[static_cast<unsigned>(In::reading)] = eptp_with(vcpu, views.reading.root);
    user.eptp[static_cast<unsigned>(In::executing)] = eptp_with(vcpu, views.executing.root);
    user.in = In::reading;
    user.stepping = 0;
    user.open_count = 0;
    user.everything = 0;
    user.delivering = 0;
    user.reader = ViewUser::nobody;
    user.hit = nullptr;
    user.hooked_rip = ViewUser::nobody;
    user.again_rip = ViewUser::nobody;
    user.generation = ~uint64_t{0};
    user.switches = 0;
    user.steps = 0;
}

void use_view(Vcpu& vcpu) {
    const ViewUser* const user = vcpu.view;
    if (user == nullptr || user->everything != 0) {
        vmwrite(vmcs::eptp, eptp_with(vcpu, root_of_all(vcpu)));
    } else if (user->stepping != 0) {
        vmwrite(vmcs::eptp, eptp_with(vcpu, user->step.root));
    } else {
        vmwrite(vmcs::eptp, user->eptp[static_cast<unsigned>(user->in)]);
    }
}

void open_page(Vcpu& vcpu, const HiddenPage& hidden, PageAccess access) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user);
    {
        const EptLock lock{vcpu};
        const Views& views = *vcpu.place.vmm->views;
        if (user.everything == 0 && !open_in_tables(views, user, hidden, access)) {
            user.everything = 1;
        }
    }
    use_view(vcpu);
}

void open_all_pages(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    begin(vcpu, user);
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
        const bool armed = views.armed != 0;
        for (uint32_t i = 0; i < user.open_count; ++i) {
            const OpenPage& open = user.open[i];
            view_restore(user.step, open.address);
            if (open.write && user.everything == 0 && armed) {
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
    if (!make_tables(*vcpu.place.vmm->views, user) && user.stepping != 0) {
        user.everything = 1;
        use_view(vcpu);
    }
}

} // namespace nadir::core
