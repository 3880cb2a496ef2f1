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

// Does what is underneath behave like Microsoft's hypervisor towards Windows?
bool is_microsoft_interface(const HypervisorLeaves& leaves);

// Why Nadir isn't started under it, and what to switch off.
extern const std::string_view hypervisor_words;

// Fills in the report and answers true where that is so.
bool refused_by_hypervisor(nadir_report& report);

} // namespace nadir::windows
