// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which other hypervisors have this Windows in their hands, or could: judged apart from how it was found out, so that tests
// on any system see it.
#pragma once

#include "arch/capabilities.h"
#include "tool/system.h"

#include <string_view>
#include <vector>

namespace nadir::tool {

// A driver of another product that uses VMX.
struct RivalDriver {
    std::string_view service; // ASCII
    std::string_view product;
};

inline constexpr RivalDriver rival_drivers[] = {
    {"VBoxSup", "VirtualBox"},
    {"VBoxDrv", "VirtualBox"},
    {"vmx86", "VMware"},
    {"IntelHaxm", "HAXM"},
    {"aehd", "the Android Emulator's hypervisor"},
};

struct VirtualizationFacts {
    bool hypervisor_present = false;      // CPUID.1:ECX[31]
    arch::CpuidRegisters leaf_40000000{}; // the hypervisor's vendor
    arch::CpuidRegisters leaf_40000003{}; // Hyper-V: what this partition may do
    bool secure_kernel = false;           // virtualisation-based security runs
    bool memory_integrity = false;        // with it, HVCI
    std::vector<RivalDriver> running_drivers;
};

std::vector<Rival> rivals_among(const VirtualizationFacts& facts);

} // namespace nadir::tool
