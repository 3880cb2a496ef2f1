// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Windows' own hypervisor. Where it runs (Hyper-V, virtualization-based security, memory integrity), the processor's VMX is
// its own, and a Windows that knows of it makes hypercalls that Nadir would answer with #UD: so it isn't tried.
#pragma once

#include "control/control.h"
#include "hosts/windows/instructions.h"

#include <string_view>

namespace nadir::windows {

// CPUID leaves 1, 40000000H and 40000001H, as far as the earlier ones say that there are more.
struct HypervisorLeaves {
    bool present = false; // CPUID.1:ECX[31]
    CpuidResult vendor{};
    CpuidResult interface {};
};

HypervisorLeaves read_hypervisor_leaves();

// Does what is underneath behave like Microsoft's hypervisor towards Windows? [Hypervisor Top-Level Functional
// Specification, "Feature and Interface Discovery"]
constexpr bool is_microsoft_interface(const HypervisorLeaves& leaves) {
    constexpr nadir_u32 signature = 0x31237648; // "Hv#1"
    return leaves.present && leaves.interface.eax == signature;
}

// Why Nadir isn't started under it, and what to switch off.
inline constexpr std::string_view hypervisor_words =
    "Windows runs under a hypervisor that it talks to (Hyper-V's interface), and VMX is not Nadir's to use. On a PC, switch "
    "off Memory integrity and Credential Guard, in Windows Features Hyper-V, Virtual Machine Platform and Windows Hypervisor "
    "Platform; then `bcdedit /set hypervisorlaunchtype off`, and restart. In a virtual machine, choose another hypervisor, or "
    "hide that interface.";
static_assert(hypervisor_words.size() < sizeof(nadir_report::text));

// Fills in the report and answers true where that is so.
bool refused_by_hypervisor(nadir_report& report);

} // namespace nadir::windows
