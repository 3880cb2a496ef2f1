// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/use.h"

#include "arch/vmx/fields.h"
#include "core/events/optional_exits.h"
#include "core/step.h"
#include "core/views/step.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

arch::Eptp eptp_with(const Vcpu& vcpu, uint64_t root) { return arch::Eptp{vcpu.place.vmm->eptp}.set_address(root); }

uint64_t root_of_all(const Vcpu& vcpu) {
    return vcpu.own_tables.in_use() ? vcpu.own_tables.root : vcpu.place.vmm->ept.root;
}

// A plan has chosen the entry, and each that it chooses looks at views, too. Without one most CPUIDs keep their short way.
void use_exit_entry(const Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (vcpu.plan != nullptr) {
        return;
    }
    const auto own =
        vmm.options.record_every_exit != 0 ? &cpu::nadir_cpu_watched_exit_entry : &cpu::nadir_cpu_planned_exit_entry;
    vmwrite(vmcs::host_rip, vcpu.view != nullptr ? reinterpret_cast<uint64_t>(own) : usual_exit_entry(vmm));
}

} // namespace

void begin_view_user(Vcpu& vcpu) {
    if (vcpu.view != nullptr) {
        return;
    }
    vcpu.own_tables.root = 0; // what only they map, the processor will map again when it touches it
    ViewUser& user = view_user_place(vcpu);
    user.guard = nullptr;
    user.hooked = 0;
    user.stepping = 0;
    user.in_step = 0;
    user.open_count = 0;
    user.copies_used = 0;
    user.everything = 0;
    user.delivering = 0;
    user.hit = nullptr;
    user.hooked_rip = ViewUser::nobody;
    user.again_rip = ViewUser::nobody;
    user.switches = 0;
    user.steps = 0;
    vcpu.view = &user;
    choose_views(vcpu);
}

void choose_views(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    const Views& views = *vcpu.place.vmm->views;
    const EptView* reading = user.hooked != 0 ? &views.reading : nullptr;
    const EptView* executing = user.hooked != 0 ? &views.executing : nullptr;
    if (user.guard != nullptr) {
        reading = &user.guard->reading;
        executing = &user.guard->executing;
    }
    const auto root_of = [&](const EptView* view) { return view != nullptr ? view->root : root_of_all(vcpu); };
    user.eptp[static_cast<unsigned>(In::reading)] = eptp_with(vcpu, root_of(reading));
    user.eptp[static_cast<unsigned>(In::executing)] = eptp_with(vcpu, root_of(executing));
    user.step.beneath = reading;
    user.in = In::reading;
    user.reader = ViewUser::nobody;
    user.generation = ~uint64_t{0}; // the step tables begin anew
    vmwrite(vmcs::exception_bitmap, optional_exceptions(vcpu));
    use_exit_entry(vcpu);
}

void end_view_user(Vcpu& vcpu) {
    if (vcpu.view == nullptr || vcpu.view->hooked != 0 || vcpu.view->guard != nullptr) {
        return;
    }
    vcpu.view = nullptr;
    vmwrite(vmcs::exception_bitmap, optional_exceptions(vcpu));
    use_exit_entry(vcpu);
    use_view(vcpu);
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

void count_view_user(Views& views, bool comes) {
    if (comes) {
        __atomic_fetch_add(&views.users, 1, __ATOMIC_ACQ_REL);
    } else if (__atomic_sub_fetch(&views.users, 1, __ATOMIC_ACQ_REL) == 0) {
        views.page_count = 0; // who comes now has nothing to take
        views.armed = 0;
    }
}

} // namespace nadir::core
