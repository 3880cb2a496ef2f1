// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From what somebody wrote for a register to the definitions that it means.
#pragma once

#include "arch/registry.h"
#include "tool/definitions/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// A definition, with the name and the sub-leaf that were asked for: CPUID leaves repeat their registers.
struct Target {
    std::string name;
    arch::Definition definition;
};

struct Found {
    std::vector<Target> targets; // several: the number means something in several kinds
    bool whole_leaf = false;     // the targets are EAX, EBX, ECX, EDX of one CPUID leaf
};

Target target_of(const arch::Definition& definition);

// A name or number, perhaps after its kind: "cr4", "MSR_EFER", "0x681E", "msr:0x10", "cpuid.7.0",
// "exit_qualification.ept". `values`: how many come with it (a bare number is a CPUID leaf only with four).
// Throws Failure, with near names, when there is nothing.
Found find_register(std::string_view asked, std::size_t values);

} // namespace nadir::tool
