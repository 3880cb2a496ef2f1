// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An EPT violation: the first touch of a part of the physical address space that the tables don't reach yet, or what hidden pages
// are made of (core/views/violation.h).
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "core/memory/second_level.h"
#include "core/views/violation.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;

namespace {

Outcome first_touch(Vcpu& vcpu) {
    const uint64_t address = vmread(vmcs::guest_physical_address);
    const EptResult result = map_on_demand(vcpu, address);
    if (result == EptResult::no_memory || result == EptResult::beyond_width) {
        return Outcome::unexpected;
    }
    if (result == EptResult::mapped) {
        log(vcpu, Message::ept_mapped, {address, uint64_t{vcpu.place.vmm->ept.pool.in_use()} * 4});
    }
    return Outcome::retry;
}

} // namespace

Outcome ept_violation(Vcpu& vcpu) {
    const Outcome outcome = vcpu.view != nullptr ? view_violation(vcpu) : first_touch(vcpu);
    if (outcome != Outcome::retry) {
        return outcome; // not to be carried out: it is an instruction's, and no event waits
    }
    // An IRET that unblocked NMIs faulted: it runs again, so NMIs are to stay blocked. [SDM3 "NMI unblocking due to IRET"]
    const EptViolationQualification qualification{vmread(vmcs::exit_qualification)};
    if (!reinject_interrupted_event(vcpu) && qualification.nmi_unblocking()) {
        cpu::vmwrite(vmcs::guest_interruptibility, vmread(vmcs::guest_interruptibility).set_blocking_by_nmi(true));
    }
    return Outcome::retry;
}

} // namespace nadir::core::exits
