// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which facts of a processor may be asked for, and in which order: the one place that knows when a CPUID leaf or an MSR
// exists. A reader answers; it is the processor itself (cpu/), a Linux device file (tool/) or a table in a test.
//
// A reader never gets a question that could fault on a real processor: each MSR is asked for only when CPUID or another
// MSR says that it exists. [SDM3 "VMX Capability Reporting Facility"] [SDM4 "IA-32 Architectural MSRs"]
#pragma once

#include "arch/capabilities.h"

#include <concepts>
#include <cstdint>
#include <optional>

namespace nadir::arch {

struct ControlRegisters {
    std::uint64_t cr0;
    std::uint64_t cr4;
};

template <typename Reader>
concept CapabilityReader = requires(Reader& reader, std::uint32_t number) {
    { reader.cpuid(number, number) } -> std::convertible_to<CpuidRegisters>;     // (leaf, sub-leaf)
    { reader.msr(number) } -> std::convertible_to<std::optional<std::uint64_t>>; // nothing: can't be read here
};

// A reader at CPL 0 also has `ControlRegisters control_registers()`.
template <typename Reader>
concept ReadsControlRegisters = requires(Reader& reader) {
    { reader.control_registers() } -> std::convertible_to<ControlRegisters>;
};

namespace detail {

template <CapabilityReader Reader>
constexpr void read_cpuid(Reader& reader, Capabilities& caps) {
    caps.leaf_0 = reader.cpuid(0, 0);
    const auto basic = [&](std::uint32_t leaf, std::uint32_t subleaf = 0) -> CpuidRegisters {
        // Beyond the highest leaf Intel processors answer with the data of another leaf, not with zeroes.
        return leaf <= caps.leaf_0.eax ? CpuidRegisters{reader.cpuid(leaf, subleaf)} : CpuidRegisters{};
    };
    caps.leaf_1 = basic(1);
    caps.leaf_7 = basic(7);
    caps.leaf_7_1 = caps.leaf_7.eax >= 1 ? basic(7, 1) : CpuidRegisters{};
    caps.leaf_a = basic(0xA);
    caps.leaf_d = basic(0xD);
    caps.leaf_d_1 = caps.xsave() ? basic(0xD, 1) : CpuidRegisters{};
    caps.leaf_40000000 = caps.hypervisor_present() ? CpuidRegisters{reader.cpuid(0x40000000, 0)} : CpuidRegisters{};

    caps.leaf_80000000 = reader.cpuid(0x80000000, 0);
    const auto extended = [&](std::uint32_t leaf) -> CpuidRegisters {
        const std::uint32_t highest = caps.leaf_80000000.eax;
        return highest >= 0x80000000 && leaf <= highest ? CpuidRegisters{reader.cpuid(leaf, 0)} : CpuidRegisters{};
    };
    caps.leaf_80000001 = extended(0x80000001);
    caps.leaf_80000007 = extended(0x80000007);
    caps.leaf_80000008 = extended(0x80000008);
}

template <CapabilityReader Reader>
constexpr void read_msr(Reader& reader, Capabilities& caps, std::uint32_t index) {
    if (const std::optional<std::uint64_t> value = reader.msr(index)) {
        caps.set_msr(index, *value);
    }
}

template <CapabilityReader Reader>
constexpr void read_vmx_msrs(Reader& reader, Capabilities& caps) {
    for (std::uint32_t index = capability_msr::vmx_basic; index <= capability_msr::vmx_vmcs_enum; ++index) {
        read_msr(reader, caps, index);
    }
    if (caps.true_controls()) {
        for (std::uint32_t index = capability_msr::vmx_true_pin; index <= capability_msr::vmx_true_entry; ++index) {
            read_msr(reader, caps, index);
        }
    }
    if (caps.secondary_available()) {
        read_msr(reader, caps, capability_msr::vmx_secondary);
    }
    if (caps.ept_available() || caps.vpid_available()) {
        read_msr(reader, caps, capability_msr::vmx_ept_vpid);
    }
    if (caps.vm_functions_available()) {
        read_msr(reader, caps, capability_msr::vmx_vm_functions);
    }
    if (caps.tertiary_available()) {
        read_msr(reader, caps, capability_msr::vmx_tertiary);
    }
    if (caps.secondary_exit_available()) {
        read_msr(reader, caps, capability_msr::vmx_secondary_exit);
    }
}

} // namespace detail

template <CapabilityReader Reader>
constexpr void read_capabilities(Reader& reader, Capabilities& caps) {
    caps = Capabilities{};
    caps.layout = Capabilities::current_layout;
    detail::read_cpuid(reader, caps);
    if constexpr (ReadsControlRegisters<Reader>) {
        const ControlRegisters registers = reader.control_registers();
        caps.cr0 = registers.cr0;
        caps.cr4 = registers.cr4;
        caps.has_control_registers = 1;
    }
    if (caps.long_mode() || caps.execute_disable()) {
        detail::read_msr(reader, caps, capability_msr::efer);
    }
    if (caps.mtrr()) {
        detail::read_msr(reader, caps, capability_msr::mtrr_cap);
    }
    if (caps.vmx() || caps.smx()) {
        detail::read_msr(reader, caps, capability_msr::feature_control);
    }
    if (caps.vmx()) {
        detail::read_vmx_msrs(reader, caps);
    }
}

template <CapabilityReader Reader>
constexpr Capabilities read_capabilities(Reader&& reader) {
    Capabilities caps{};
    read_capabilities(reader, caps);
    return caps;
}

} // namespace nadir::arch
