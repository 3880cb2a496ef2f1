// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/rivals.h"

#include <cstring>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

bool is_hyper_v(const arch::CpuidRegisters& leaf_40000000) {
    constexpr std::string_view vendor = "Microsoft Hv";
    char text[12];
    std::memcpy(text, &leaf_40000000.ebx, 4);
    std::memcpy(text + 4, &leaf_40000000.ecx, 4);
    std::memcpy(text + 8, &leaf_40000000.edx, 4);
    return std::string_view(text, sizeof(text)) == vendor;
}

// [Hypervisor Top-Level Functional Specification "Partition Privilege Flags"]: only the root partition, which is the
// Windows that Hyper-V was started with, may create others.
bool may_create_partitions(const arch::CpuidRegisters& leaf_40000003) { return (leaf_40000003.ebx & 1) != 0; }

} // namespace

std::vector<Rival> rivals_among(const VirtualizationFacts& facts) {
    std::vector<Rival> found;
    if (facts.secure_kernel) {
        found.push_back(
            {fmt::format("virtualisation-based security runs{}, and so does Hyper-V beneath it: switch off "
                         "\"Memory integrity\" (Windows Security, Core isolation), and what else asks for it "
                         "(msinfo32 lists that), then restart",
                         facts.memory_integrity ? ", with memory integrity (HVCI)" : ""),
             true});
    }
    if (facts.hypervisor_present && is_hyper_v(facts.leaf_40000000) && may_create_partitions(facts.leaf_40000003)) {
        found.push_back({"Hyper-V runs beneath this Windows: switch off Hyper-V, Virtual Machine Platform, Windows "
                         "Hypervisor Platform and Windows Sandbox, or `bcdedit /set hypervisorlaunchtype off`, then "
                         "restart",
                         true});
    }
    for (const RivalDriver& driver : facts.running_drivers) {
        found.push_back({fmt::format("{} is there (driver {}): it must not run a virtual machine while Nadir is active",
                                     driver.product, driver.service),
                         false});
    }
    return found;
}

} // namespace nadir::tool
