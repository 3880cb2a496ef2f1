// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 14H: Processor Trace. EAX of sub-leaf 0 is the highest sub-leaf.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf14Eax : Register<Leaf14Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, highest_sub_leaf, 31, 0, "highest sub-leaf")
};

struct Leaf14Ebx : Register<Leaf14Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(cr3_filter, 0, "CR3 filtering")
    NADIR_BIT(psb_cyc, 1, "configurable synchronisation and cycle packets")
    NADIR_BIT(ip_filter, 2, "filtering by address, stop, MSRs kept over warm reset")
    NADIR_BIT(mtc, 3, "mini time counter packets")
    NADIR_BIT(ptwrite, 4, "PTWRITE")
    NADIR_BIT(power_event, 5, "power event trace")
    NADIR_BIT(psb_pmi_preserve, 6, "pending synchronisation and interrupts are preserved")
    NADIR_BIT(event_trace, 7, "event trace")
    NADIR_BIT(tnt_disable, 8, "taken/not-taken packets can be disabled")
    NADIR_BIT(trigger_tracing, 9, "trigger tracing")
};

struct Leaf14Ecx : Register<Leaf14Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(topa, 0, "output by a table of physical addresses")
    NADIR_BIT(topa_multiple, 1, "that table may have several entries")
    NADIR_BIT(single_range, 2, "output to a single range")
    NADIR_BIT(trace_transport, 3, "output to the trace transport subsystem")
    NADIR_BIT(lip, 31, "packets hold linear instruction pointers")
};

struct Leaf14Sub1Eax : Register<Leaf14Sub1Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, address_ranges, 2, 0, "address ranges")
    NADIR_FIELD(std::uint8_t, trigger_msrs, 10, 8, "trigger MSRs")
    NADIR_FIELD(std::uint16_t, mtc_periods, 31, 16, "encodings of the mini time counter period")
};

struct Leaf14Sub1Ebx : Register<Leaf14Sub1Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, cyc_thresholds, 15, 0, "encodings of the cycle threshold")
    NADIR_FIELD(std::uint16_t, psb_frequencies, 31, 16, "encodings of the synchronisation frequency")
};

} // namespace nadir::arch::cpuid
