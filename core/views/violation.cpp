// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/violation.h"

#include "arch/paging.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/gdb/attend.h"
#include "core/gdb/watch.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/memory/second_level.h"
#include "core/views/access.h"
#include "core/views/guard.h"
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
    if (views.executing.root != 0) {
        view_follow(views.reading, address);
        view_follow(views.executing, address);
    }
    follow_guards(views, address);
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

// What is watched or protected.
Outcome guarded(Vcpu& vcpu, Rights left) {
    const MemoryAccess access = current_access(vcpu);
    Verdict verdict = judge_access(vcpu, access);
    if (verdict == Verdict::ignore && !open_copy(vcpu, access.physical)) {
        verdict = can_be_refused(access) ? Verdict::refuse : Verdict::let_through;
    }
    if (verdict == Verdict::let_through) {
        left.write |= (access.kinds & NADIR_MEMORY_WRITE) != 0;
        left.read |= left.write || (access.kinds & NADIR_MEMORY_READ) != 0;
        left.execute |= (access.kinds & NADIR_MEMORY_EXECUTE) != 0;
        open_guarded(vcpu, access.physical, left);
    }
    return verdict == Verdict::refuse ? Outcome::general_protection : Outcome::retry;
}

// What GDB has a watchpoint in. It stops behind the access, which happens now.
[[gnu::noinline]] Outcome watched_by_debugger(Vcpu& vcpu, uint64_t address) {
    const MemoryAccess access = current_access(vcpu);
    gdb::on_access(vcpu, access);
    Rights rights = rights_left_by_debugger(*vcpu.place.vmm, address);
    rights.write |= (access.kinds & NADIR_MEMORY_WRITE) != 0;
    rights.read |= rights.write || (access.kinds & NADIR_MEMORY_READ) != 0;
    rights.execute |= (access.kinds & NADIR_MEMORY_EXECUTE) != 0;
    open_guarded(vcpu, access.physical, rights);
    return Outcome::retry;
}

bool is_watched_by_debugger(const Vcpu& vcpu, uint64_t address) {
    return vcpu.view->guard != nullptr && gdb::watched_kinds(*vcpu.place.vmm, address) != 0;
}

// The page is in this processor's guard.
bool is_in_guard(const Vcpu& vcpu, uint64_t address, Rights& left) {
    if (vcpu.view->guard == nullptr || vcpu.plan == nullptr) {
        return false;
    }
    left = rights_left(*vcpu.place.vmm, *vcpu.plan, address);
    return !left.read || !left.write || !left.execute;
}

} // namespace

Outcome view_violation(Vcpu& vcpu) {
    const Views& views = *vcpu.place.vmm->views;
    const uint64_t address = vmread(vmcs::guest_physical_address);
    const HiddenPage* const hidden = sees_hidden_pages(*vcpu.view) ? find_hidden(views, address) : nullptr;
    if (hidden == nullptr) {
        Rights left{};
        if (is_in_guard(vcpu, address, left)) {
            return guarded(vcpu, left);
        }
        return is_watched_by_debugger(vcpu, address) ? watched_by_debugger(vcpu, address) : map_part(vcpu, address);
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
