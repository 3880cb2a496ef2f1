// SPDX-License-Identifier: MIT OR GPL-2.0-only
// INIT and the start-up IPI: how one processor of the guest resets and starts another. [SDM3 "MP Initialization"]
#include "arch/msr/apic_base.h"
#include "arch/msr/index.h"
#include "arch/segments.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "arch/vmx/interruption.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/log.h"
#include "cpu/msr.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

Outcome init_signal(Vcpu& vcpu) {
    log(vcpu, Message::init_received, {});
    put_guest_into_wait_for_startup(vcpu);
    // The bootstrap processor doesn't wait, it begins at the reset vector: keyboard controllers and chipsets restart a
    // system that way.
    if (cpu::read_msr_as<ApicBase>(Msr::ia32_apic_base).bsp()) {
        vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    }
    return Outcome::retry;
}

Outcome startup_ipi(Vcpu& vcpu) {
    const uint8_t vector = static_cast<uint8_t>(vmread(vmcs::exit_qualification));
    log(vcpu, Message::sipi_received, {vector});
    start_guest_up(vector);
    return Outcome::retry;
}

} // namespace nadir::core::exits
