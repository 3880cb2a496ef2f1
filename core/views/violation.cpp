// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/violation.h"

#include <optional>

#include "arch/paging.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/memory/second_level.h"
#include "core/views/step.h"
#include "core/views/views.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::EptViolationQualification;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

constexpr bool same_page(uint64_t one, uint64_t other) { return ((one ^ other) & ~(arch::page_size_4k - 1)) == 0; }

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

// The view that allows what this one didn't, if that lets the instruction end. An instruction that is hidden itself and reads a hidden
// page would go back and forth between the views forever: it is met for the second time, or reads the page that it lies in.
std::optional<In> other_view(const Views& views, const ViewUser& user, EptViolationQualification access) {
    if (user.stepping != 0 || access.write()) {
        return std::nullopt;
    }
    const uint64_t rip = vmread(vmcs::guest_rip);
    if (!access.fetch()) {
        const bool reads_itself = same_page(vmread(vmcs::guest_linear_address), rip);
        return user.in == In::reading || reads_itself ? std::nullopt : std::optional{In::reading};
    }
    const bool again = user.reader == rip && find_hook(views, vmread(vmcs::guest_physical_address)) == nullptr;
    return user.in == In::executing || again ? std::nullopt : std::optional{In::executing};
}

void change_view(Vcpu& vcpu, In to) {
    vcpu.view->reader = to == In::reading ? vmread(vmcs::guest_rip) : ViewUser::nobody;
    switch_view(vcpu, to);
}

} // namespace

bool switch_view_plainly(Vcpu& vcpu) {
    const EptViolationQualification access{vmread(vmcs::exit_qualification)};
    if (vmread(vmcs::idt_vectoring_information).valid() || access.nmi_unblocking()) {
        return false;
    }
    const Views& views = *vcpu.place.vmm->views;
    const std::optional<In> to = other_view(views, *vcpu.view, access);
    if (!to || find_hidden(views, vmread(vmcs::guest_physical_address)) == nullptr) {
        return false;
    }
    change_view(vcpu, *to);
    return true;
}

Outcome view_violation(Vcpu& vcpu) {
    const Views& views = *vcpu.place.vmm->views;
    const uint64_t address = vmread(vmcs::guest_physical_address);
    const HiddenPage* const hidden = find_hidden(views, address);
    if (hidden == nullptr) {
        return map_part(vcpu, address);
    }
    const EptViolationQualification access{vmread(vmcs::exit_qualification)};
    if (const std::optional<In> to = other_view(views, *vcpu.view, access); to) {
        change_view(vcpu, *to);
        return Outcome::retry;
    }
    const bool fetches = access.fetch() || same_page(vmread(vmcs::guest_linear_address), vmread(vmcs::guest_rip));
    open_page(vcpu, *hidden, {access.write(), fetches});
    vcpu.view->reader = ViewUser::nobody;
    return Outcome::retry;
}

} // namespace nadir::core
