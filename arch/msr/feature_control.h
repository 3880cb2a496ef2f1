// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_FEATURE_CONTROL. Once locked, a write raises #GP(0) until reset. [SDM3 "Enabling and Entering VMX Operation"]
struct FeatureControl : Register<FeatureControl, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(lock, 0, "locked until reset")
    NADIR_BIT(vmxon_inside_smx, 1, "VMXON is allowed in SMX operation")
    NADIR_BIT(vmxon_outside_smx, 2, "VMXON is allowed outside SMX operation")
    NADIR_FIELD(std::uint8_t, senter_local, 14, 8, "SENTER local functions")
    NADIR_BIT(senter_global, 15, "SENTER global enable")
    NADIR_BIT(sgx_launch_control, 17, "SGX launch control: the key hash MSRs are writable")
    NADIR_BIT(sgx_enable, 18, "SGX enable")
    NADIR_BIT(lmce, 20, "local machine check may be enabled")

    // VMXON outside SMX operation would fault because of this register.
    [[nodiscard]] constexpr bool forbids_vmxon() const { return lock() && !vmxon_outside_smx(); }
};

} // namespace nadir::arch
