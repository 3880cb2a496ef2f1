// SPDX-License-Identifier: MIT OR GPL-2.0-only
// NMIs and machine checks that reached root mode and belong to the guest. Root mode.
#pragma once

#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/vcpu.h"
#include "cpu/vmx.h"

namespace nadir::core {

// As many as a bare processor would hold: one in service and one latched, or the one latched while NMIs are blocked.
inline void owe_nmi(Vcpu& vcpu) {
    const bool blocked = cpu::vmread(arch::vmcs::guest_interruptibility).blocking_by_nmi();
    const uint32_t most = blocked ? 1 : 2;
    if (vcpu.owed.nmi < most) {
        __atomic_fetch_add(&vcpu.owed.nmi, 1, __ATOMIC_RELAXED);
    }
    arm_nmi_window(vcpu);
}

inline bool take_owed_nmi(Vcpu& vcpu) {
    if (vcpu.owed.nmi == 0) {
        return false;
    }
    __atomic_fetch_sub(&vcpu.owed.nmi, 1, __ATOMIC_RELAXED);
    return true;
}

inline void owe_machine_check(Vcpu& vcpu) {
    vcpu.owed.machine_check = 1;
    arm_nmi_window(vcpu);
}

} // namespace nadir::core
