// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/refusal.h"

#include "hosts/windows/host.h"

namespace nadir::windows {

namespace {

constexpr nadir_u32 leaf_vendor = 0x40000000;
constexpr nadir_u32 leaf_interface = 0x40000001;
constexpr nadir_u32 hypervisor_present = 1u << 31; // CPUID.1:ECX

} // namespace

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
