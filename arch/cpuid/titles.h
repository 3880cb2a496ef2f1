// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What each CPUID leaf is about. [SDM2 "CPUID—CPU Identification"]
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::arch::cpuid {

constexpr std::string_view title_of(std::uint32_t leaf, std::uint32_t sub_leaf) {
    switch (leaf) {
    case 0x0: return "highest basic leaf and vendor";
    case 0x1: return "version and features";
    case 0x4: return "caches (sub-leaf: one each)";
    case 0x5: return "MONITOR and MWAIT";
    case 0x6: return "thermal and power management";
    case 0x7: return sub_leaf == 0 ? "extended features" : "further extended features";
    case 0xA: return "architectural performance monitoring";
    case 0xB: return "topology";
    case 0xD:
        switch (sub_leaf) {
        case 0: return "extended state: components of XCR0 and sizes";
        case 1: return "extended state: features and components of IA32_XSS";
        default: return "extended state: one component (sub-leaf: its number)";
        }
    case 0x14: return sub_leaf == 0 ? "Processor Trace" : "Processor Trace: ranges and periods";
    case 0x15: return "time-stamp counter and its crystal clock";
    case 0x16: return "frequencies";
    case 0x19: return "Key Locker";
    case 0x1F: return "topology, with all kinds of levels";
    case 0x80000000: return "highest extended leaf";
    case 0x80000001: return "extended features of 64-bit mode";
    case 0x80000006: return "L2 cache";
    case 0x80000007: return "invariant time-stamp counter";
    case 0x80000008: return "address sizes";
    default: return {};
    }
}

} // namespace nadir::arch::cpuid
