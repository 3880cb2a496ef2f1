// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/violation.h"

#include "arch/paging.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/memory/second_level.h"
#include "core/views/step.h"
#include "core/views/switch.h"
#include "core/views/views.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::EptViolationQualification;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

// What the tables of all have around this address now, the views have, too.
void follow(Vcpu& vcpu, uint64_t address) {
    Views& views = *vcpu.place.vmm->views;
    const EptLock lock{vcpu};
    view_follow(views.reading, address);
    view_follow(views.executing, address);
    if (vcpu.view->stepping != 0) {
        view_follow(vcpu.view->step, address);
    }
    ++views.generation;
}

// The first touch of a part of the physical address space.
Outcome map_part(Vcpu& vcpu, uint64_t address) {
    switch (map_on_demand(vcpu, address)) {
    case EptResult::mapped:
    case EptResult::already_mapped:
        if (vcpu.own_tables.in_use()) {
            open_all_pages(vcpu); // the part is only there: the views can't point to what begins anew whenever it likes
        } else {
            follow(vcpu, address);
        }
        return Outcome::retry;
    default: return Outcome::unexpected;
    }
}

} // namespace

Outcome view_violation(Vcpu& vcpu) {
    const Views& views = *vcpu.place.vmm->views;
    const uint64_t address = vmread(vmcs::guest_physical_address);
    const HiddenPage* const hidden = find_hidden(views, address);
    if (hidden == nullptr) {
        return map_part(vcpu, address);
    }
    const EptViolationQualification access{vmread(vmcs::exit_qualification)};
    const uint64_t rip = vmread(vmcs::guest_rip);
    Answer answer = answer_to(*vcpu.view, access, rip);
    // With a hook there it is another program's instruction that happens to have the same address: the hook must not be missed.
    if (answer == Answer::step && access.fetch() && vcpu.view->stepping == 0 && vcpu.view->in == In::reading &&
        find_hook(views, address) != nullptr) {
        answer = Answer::execute;
    }
    if (answer != Answer::step) {
        change_view(*vcpu.view, answer, rip);
        return Outcome::retry;
    }
    const bool fetches = access.fetch() || same_page(vmread(vmcs::guest_linear_address), rip);
    open_page(vcpu, *hidden, {access.write(), fetches});
    vcpu.view->reader = ViewUser::nobody;
    return Outcome::retry;
}

} // namespace nadir::core
