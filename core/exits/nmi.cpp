// SPDX-License-Identifier: MIT OR GPL-2.0-only
// NMIs normally go to the guest without an exit. One that arrives while the processor is in root mode is owed to the guest:
// root mode's handler (core/root/traps.cpp) counts it and arms the NMI window, so that the processor exits as soon as the
// guest can take one. Only until then do NMIs exit, too.
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/owed_events.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

void inject_event(InterruptionType type, Vector vector) {
    vmwrite(vmcs::entry_interruption_information,
            InterruptionInformation{}.set_valid(true).set_type(type).set_vector(static_cast<uint8_t>(vector)));
}

} // namespace

Outcome nmi(Vcpu& vcpu) {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (!event.valid() || event.type() != InterruptionType::nmi) {
        return Outcome::unexpected;
    }
    cpu::nadir_cpu_unblock_nmi();
    owe_nmi(vcpu);
    return Outcome::retry;
}

Outcome nmi_window(Vcpu& vcpu) {
    // A guest that halted is woken by what it gets now.
    if (vmread(vmcs::guest_activity_state) == static_cast<uint32_t>(ActivityState::hlt)) {
        vmwrite(vmcs::guest_activity_state, static_cast<uint32_t>(ActivityState::active));
    }
    if (vcpu.owed.machine_check != 0) {
        vcpu.owed.machine_check = 0;
        inject_event(InterruptionType::hardware_exception, Vector::machine_check);
    } else if (take_owed_nmi(vcpu)) {
        inject_event(InterruptionType::nmi, Vector::nmi);
    }
    if (vcpu.owed.nmi == 0 && vcpu.owed.machine_check == 0) {
        disarm_nmi_window(vcpu);
        // Root mode's handler may have armed it between the look and the disarming.
        if (vcpu.owed.nmi != 0 || vcpu.owed.machine_check != 0) {
            arm_nmi_window(vcpu);
        }
    }
    return Outcome::retry;
}

} // namespace nadir::core::exits
