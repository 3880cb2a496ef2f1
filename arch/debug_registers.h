// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Debug registers. [SDM3 "Debug Registers"] DR0 to DR3 are plain linear addresses and have no type.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// Two bits report by being cleared (bus lock, RTM); the debugger sets them again, and so does reset.
struct Dr6 : Register<Dr6, std::uint64_t, Reserved::zero, 0xFFFE07F0u> {
    NADIR_REGISTER
    NADIR_BIT(b0, 0, "breakpoint 0 condition met")
    NADIR_BIT(b1, 1, "breakpoint 1 condition met")
    NADIR_BIT(b2, 2, "breakpoint 2 condition met")
    NADIR_BIT(b3, 3, "breakpoint 3 condition met")
    NADIR_BIT(no_bus_lock, 11, "0: this #DB was a bus lock's; otherwise 1")
    NADIR_BIT(bd, 13, "debug register access detected (DR7.GD)")
    NADIR_BIT(bs, 14, "single step")
    NADIR_BIT(bt, 15, "task switch")
    NADIR_BIT(no_rtm, 16, "0: this #DB or #BP came in an RTM region; otherwise 1")

    static constexpr std::uint64_t initial = 0xFFFF0FF0;
};

enum class BreakpointCondition : std::uint8_t { execute = 0, write = 1, io = 2, read_write = 3 };
enum class BreakpointLength : std::uint8_t { bytes_1 = 0, bytes_2 = 1, bytes_8 = 2, bytes_4 = 3 };

constexpr std::string_view name_of(BreakpointCondition condition) {
    switch (condition) {
    case BreakpointCondition::execute: return "instruction execution";
    case BreakpointCondition::write: return "data write";
    case BreakpointCondition::io: return "I/O read or write (needs CR4.DE)";
    case BreakpointCondition::read_write: return "data read or write";
    }
    return {};
}

constexpr std::string_view name_of(BreakpointLength length) {
    switch (length) {
    case BreakpointLength::bytes_1: return "1 byte";
    case BreakpointLength::bytes_2: return "2 bytes";
    case BreakpointLength::bytes_8: return "8 bytes";
    case BreakpointLength::bytes_4: return "4 bytes";
    }
    return {};
}

struct Dr7 : Register<Dr7, std::uint64_t, Reserved::zero, 0x400u> {
    NADIR_REGISTER
    NADIR_BIT(l0, 0, "breakpoint 0, local enable")
    NADIR_BIT(g0, 1, "breakpoint 0, global enable")
    NADIR_BIT(l1, 2, "breakpoint 1, local enable")
    NADIR_BIT(g1, 3, "breakpoint 1, global enable")
    NADIR_BIT(l2, 4, "breakpoint 2, local enable")
    NADIR_BIT(g2, 5, "breakpoint 2, global enable")
    NADIR_BIT(l3, 6, "breakpoint 3, local enable")
    NADIR_BIT(g3, 7, "breakpoint 3, global enable")
    NADIR_BIT(le, 8, "local exact breakpoints (no effect today)")
    NADIR_BIT(ge, 9, "global exact breakpoints (no effect today)")
    NADIR_BIT(rtm, 11, "advanced debugging of RTM regions")
    NADIR_BIT(gd, 13, "general detect: the next debug register access raises #DB")
    NADIR_FIELD(BreakpointCondition, rw0, 17, 16, "breakpoint 0, condition")
    NADIR_FIELD(BreakpointLength, len0, 19, 18, "breakpoint 0, length")
    NADIR_FIELD(BreakpointCondition, rw1, 21, 20, "breakpoint 1, condition")
    NADIR_FIELD(BreakpointLength, len1, 23, 22, "breakpoint 1, length")
    NADIR_FIELD(BreakpointCondition, rw2, 25, 24, "breakpoint 2, condition")
    NADIR_FIELD(BreakpointLength, len2, 27, 26, "breakpoint 2, length")
    NADIR_FIELD(BreakpointCondition, rw3, 29, 28, "breakpoint 3, condition")
    NADIR_FIELD(BreakpointLength, len3, 31, 30, "breakpoint 3, length")

    static constexpr std::uint64_t initial = 0x400;
    static constexpr std::uint64_t enables_mask = 0xFF;
};

// DR0 to DR3.
struct BreakpointAddresses {
    std::uint64_t value[4];
};

} // namespace nadir::arch
