// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/breakpoint.h"

#include "arch/vmx/fields.h"
#include "core/events/event.h"
#include "core/extensions/dispatch.h"
#include "core/gdb/attend.h"
#include "core/guest.h"
#include "core/memory/guest_linear.h"
#include "core/memory/guest_memory.h"
#include "core/step.h"
#include "core/views/step.h"
#include "core/views/views.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::InterruptionInformation;
using arch::InterruptionType;
using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

// Of the byte at RIP, where an instruction has just been fetched from. Not the linear address is what counts: another process may
// have other code there, and one page may be mapped at several.
GuestTranslation translate_rip(const Vcpu& vcpu) {
    const uint64_t linear = vmread(vmcs::guest_rip) + (guest_in_64_bit_mode() ? 0 : vmread(vmcs::guest_cs_base));
    // SMAP is about the system's data accesses, and a program's code is as good a place for a breakpoint.
    GuestPaging paging = guest_paging(vcpu);
    paging.smap = false;
    return walk_guest(paging, guest_in_64_bit_mode() ? linear : linear & 0xFFFF'FFFF, GuestLinear::system_read,
                      GuestMemory{vcpu});
}

bool is_breakpoint() {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    return event.type() == InterruptionType::software_exception &&
           event.vector() == static_cast<uint8_t>(arch::Vector::breakpoint);
}

} // namespace

void expect_hook_again(Vcpu& vcpu) {
    ViewUser& user = *vcpu.view;
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    const bool is_nmi = event.valid() && event.type() == InterruptionType::nmi;
    const uint64_t rip = vmread(vmcs::guest_rip);
    if (is_nmi && rip == user.hooked_rip) {
        user.again_rip = rip;
        user.again_rsp = vmread(vmcs::guest_rsp);
    }
}

bool look_for_hook(Vcpu& vcpu, arch::BasicExitReason reason) {
    ViewUser& user = *vcpu.view;
    const Views& views = *vcpu.place.vmm->views;
    user.hit = nullptr;
    // An instruction that is let through is the original, and its breakpoint the guest's own.
    if (reason == arch::BasicExitReason::exception_or_nmi && views.armed != 0 && !is_stepping(vcpu) &&
        is_breakpoint()) {
        const GuestTranslation at = translate_rip(vcpu);
        user.hit = at.mapped ? find_hook(views, at.physical) : nullptr;
    }
    return user.hit != nullptr;
}

Outcome view_breakpoint(Vcpu& vcpu) {
    Hook* const hook = vcpu.view->hit;
    if (hook->kind == debugger_hook) {
        gdb::on_breakpoint(vcpu);
        return Outcome::retry;
    }
    ViewUser& user = *vcpu.view;
    const uint64_t rip = vmread(vmcs::guest_rip);
    const bool again = user.again_rip == rip && user.again_rsp == vmread(vmcs::guest_rsp);
    user.again_rip = ViewUser::nobody;
    if (!again) {
        __atomic_fetch_add(&hook->hits, 1, __ATOMIC_RELAXED);
        put_hook_event(vcpu, hook->number);
    }
    if (hook->kind == NADIR_HOOK_REDIRECT) {
        vmwrite(vmcs::guest_rip, hook->target);
        return Outcome::retry;
    }
    if constexpr (has_extensions) {
        if (hook->kind == NADIR_HOOK_CALL) {
            const extension::Answer answer =
                ask_extension_about_hook(vcpu, static_cast<uint32_t>(hook->target), hook->address);
            if (answer != extension::Answer::pass) {
                return answer == extension::Answer::refuse ? Outcome::general_protection : Outcome::retry;
            }
        }
    }
    const HiddenPage& hidden = *find_hidden(*vcpu.place.vmm->views, hook->address);
    user.hooked_rip = rip;
    open_page(vcpu, hidden, {false, true});
    return Outcome::retry;
}

} // namespace nadir::core
