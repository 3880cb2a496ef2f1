// SPDX-License-Identifier: MIT OR GPL-2.0-only
// I/O breakpoints: which an access to a port meets. A pure function. [SDM3 "Debug Registers"]
#pragma once

#include <cstdint>

#include "arch/debug_registers.h"
#include "arch/vmx/interruption.h"

namespace nadir::core {

// With CR4.DE. Where an enabled one is met, those that are only described and not enabled are reported, too.
constexpr arch::PendingDebugExceptions io_breakpoints_met(arch::Dr7 dr7, const arch::BreakpointAddresses& at,
                                                          uint16_t port, unsigned bytes) {
    using arch::BreakpointCondition;
    using arch::BreakpointLength;
    const BreakpointCondition conditions[] = {dr7.rw0(), dr7.rw1(), dr7.rw2(), dr7.rw3()};
    const BreakpointLength lengths[] = {dr7.len0(), dr7.len1(), dr7.len2(), dr7.len3()};
    const bool enabled[] = {dr7.l0() || dr7.g0(), dr7.l1() || dr7.g1(), dr7.l2() || dr7.g2(), dr7.l3() || dr7.g3()};
    uint64_t met = 0;
    bool any = false;
    for (unsigned i = 0; i < 4; ++i) {
        constexpr uint64_t below[] = {0, 1, 7, 3}; // by BreakpointLength; it is aligned to its length
        const uint64_t rest = below[static_cast<unsigned>(lengths[i])];
        const uint64_t first = at.value[i] & ~rest;
        if (conditions[i] == BreakpointCondition::io && port <= first + rest && uint64_t{port} + bytes > first) {
            met |= uint64_t{1} << i;
            any = any || enabled[i];
        }
    }
    return any ? arch::PendingDebugExceptions{met}.set_enabled_breakpoint(true) : arch::PendingDebugExceptions{};
}

} // namespace nadir::core
