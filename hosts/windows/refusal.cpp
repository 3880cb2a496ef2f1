// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/refusal.h"

#include "hosts/windows/host.h"

namespace nadir::windows {

namespace {

// [Hypervisor Top-Level Functional Specification, "Feature and Interface Discovery"]
constexpr nadir_u32 leaf_vendor = 0x40000000;
constexpr nadir_u32 leaf_interface = 0x40000001;
constexpr nadir_u32 interface_signature = 0x31237648; // "Hv#1"
constexpr nadir_u32 hypervisor_present = 1u << 31;    // CPUID.1:ECX

} // namespace

constinit const std::string_view hypervisor_words =
    "Windows runs under a hypervisor that it talks to (Hyper-V's interface), so VMX isn't Nadir's to use. On this machine, "
    "switch off Memory integrity and Credential Guard (Windows Security, Device security), Hyper-V, Virtual Machine Platform "
    "and Windows Hypervisor Platform (Windows Features); then `bcdedit /set hypervisorlaunchtype off`, and restart. "
    "In a virtual machine: its settings.";

HypervisorLeaves read_hypervisor_leaves() {
    HypervisorLeaves leaves;
    leaves.present = (cpuid(1).ecx & hypervisor_present) != 0;
    if (leaves.present) {
        leaves.vendor = cpuid(leaf_vendor);
        if (leaves.vendor.eax >= leaf_interface) {
            leaves.interface = cpuid(leaf_interface);
        }
    }
    return leaves;
}

bool is_microsoft_interface(const HypervisorLeaves& leaves) {
    return leaves.present && leaves.interface.eax == interface_signature;
}

bool refused_by_hypervisor(nadir_report& report) {
    if (!is_microsoft_interface(read_hypervisor_leaves())) {
        return false;
    }
    host_report(report, NADIR_UNDER_HYPERVISOR, {hypervisor_words});
    report.step = NADIR_STEP_PROBE;
    print_words(NADIR_LEVEL_ERROR, "not started: ", report.text);
    return true;
}

} // namespace nadir::windows
