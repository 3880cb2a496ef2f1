// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor that Nadir runs on, to break one fact of at a time: the capability MSRs of a Skylake client processor.
#pragma once

#include "arch/capabilities.h"

namespace nadir::test {

namespace msr = arch::capability_msr;

constexpr arch::Capabilities example_processor() {
    arch::Capabilities caps{};
    caps.layout = arch::Capabilities::current_layout;
    caps.has_control_registers = 1;
    caps.leaf_0 = {0x16, 0x756E6547, 0x6C65746E, 0x49656E69}; // "GenuineIntel"
    caps.leaf_1 = {0x506E3, 0x00100800, 0x7FFAFBBF & ~(1u << 31), 0xBFEBFBFF};
    caps.leaf_7 = {0, 0x029C67AF, 0, 0xBC000600};
    caps.leaf_d = {0x1F, 0x440, 0x440, 0};
    caps.leaf_d_1 = {0xF, 0x3C0, 0x100, 0};
    caps.leaf_80000000 = {0x80000008, 0, 0, 0};
    caps.leaf_80000001 = {0, 0, 0x121, 0x2C100800};
    caps.leaf_80000007 = {0, 0, 0, 0x100};
    caps.leaf_80000008 = {0x3027, 0, 0, 0};
    caps.cr0 = 0x80050033;
    caps.cr4 = 0x003606E0;
    caps.set_msr(msr::feature_control, 0x5);
    caps.set_msr(msr::mtrr_cap, 0xD08);
    caps.set_msr(msr::efer, 0xD01);
    caps.set_msr(msr::vmx_basic, 0x00DA0400'00000004);
    caps.set_msr(msr::vmx_pin, 0x0000007F'00000016);
    caps.set_msr(msr::vmx_primary, 0xFFF9FFFE'0401E172);
    caps.set_msr(msr::vmx_exit, 0x01FFFFFF'00036DFF);
    caps.set_msr(msr::vmx_entry, 0x0003FFFF'000011FF);
    caps.set_msr(msr::vmx_misc, 0x7004C1E7);
    caps.set_msr(msr::vmx_cr0_fixed0, 0x80000021);
    caps.set_msr(msr::vmx_cr0_fixed1, 0xFFFFFFFF);
    caps.set_msr(msr::vmx_cr4_fixed0, 0x2000);
    caps.set_msr(msr::vmx_cr4_fixed1, 0x003767FF);
    caps.set_msr(msr::vmx_vmcs_enum, 0x2E);
    caps.set_msr(msr::vmx_secondary, 0x001FFCFF'00000000);
    caps.set_msr(msr::vmx_ept_vpid, 0x00000F01'06734141);
    caps.set_msr(msr::vmx_true_pin, 0x0000007F'00000016);
    caps.set_msr(msr::vmx_true_primary, 0xFFF9FFFE'04006172);
    caps.set_msr(msr::vmx_true_exit, 0x01FFFFFF'00036DFB);
    caps.set_msr(msr::vmx_true_entry, 0x0003FFFF'000011FB);
    caps.set_msr(msr::vmx_vm_functions, 0x1);
    return caps;
}

// Takes bits out of (or puts bits into) an MSR.
constexpr void clear_msr_bits(arch::Capabilities& caps, std::uint32_t index, std::uint64_t bits) {
    caps.set_msr(index, caps.msr(index) & ~bits);
}
constexpr void set_msr_bits(arch::Capabilities& caps, std::uint32_t index, std::uint64_t bits) {
    caps.set_msr(index, caps.msr(index) | bits);
}

} // namespace nadir::test
