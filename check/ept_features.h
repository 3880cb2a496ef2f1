// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The bits of IA32_VMX_EPT_VPID_CAP that Nadir relies on. [SDM3 "VPID and EPT Capabilities"]
#pragma once

#include "arch/msr/vmx_capabilities.h"

#include <bit>
#include <cstdint>
#include <string_view>

namespace nadir::check {

struct EptFeature {
    std::uint64_t mask; // any of its bits
    std::string_view name;
    std::string_view reason;

    constexpr bool in(arch::VmxEptVpidCapability capability) const { return (capability.value & mask) != 0; }
    constexpr unsigned position() const { return static_cast<unsigned>(std::countr_zero(mask)); }
};

// All required; a finding names one by its place in this list.
inline constexpr EptFeature ept_features[] = {
    {arch::VmxEptVpidCapability::walk_length_4_mask, "page walks of 4 levels", "to map the guest's memory"},
    {arch::VmxEptVpidCapability::memory_type_wb_mask, "the memory type write-back for its tables",
     "to keep them in the caches"},
    {arch::VmxEptVpidCapability::page_2m_mask, "2-MByte pages", "to map the guest's memory in little space"},
    {arch::VmxEptVpidCapability::invept_mask, "INVEPT", "to change the map"},
    {arch::VmxEptVpidCapability::invept_single_context_mask | arch::VmxEptVpidCapability::invept_all_context_mask,
     "INVEPT of a single context (25) or of all contexts (26)", "to change the map"},
};
inline constexpr std::uint8_t ept_feature_count = sizeof(ept_features) / sizeof(ept_features[0]);

// An INVVPID that forgets one VPID or all of them.
constexpr bool vpid_flushable(arch::VmxEptVpidCapability capability) {
    return capability.invvpid() && (capability.invvpid_single_context() || capability.invvpid_all_context());
}

} // namespace nadir::check
