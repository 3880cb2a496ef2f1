// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaves 5 (MONITOR and MWAIT) and 6 (thermal and power management).
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf5Eax : Register<Leaf5Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, smallest_line, 15, 0, "smallest monitor line in bytes")
};

struct Leaf5Ebx : Register<Leaf5Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, largest_line, 15, 0, "largest monitor line in bytes")
};

struct Leaf5Ecx : Register<Leaf5Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(extensions, 0, "MWAIT extensions are enumerated")
    NADIR_BIT(interrupt_break, 1, "interrupts end MWAIT even when disabled")
    NADIR_BIT(monitorless, 3, "monitorless MWAIT")
};

// Number of sub-states of each C-state.
struct Leaf5Edx : Register<Leaf5Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, c0, 3, 0, "sub-states of C0")
    NADIR_FIELD(std::uint8_t, c1, 7, 4, "sub-states of C1")
    NADIR_FIELD(std::uint8_t, c2, 11, 8, "sub-states of C2")
    NADIR_FIELD(std::uint8_t, c3, 15, 12, "sub-states of C3")
    NADIR_FIELD(std::uint8_t, c4, 19, 16, "sub-states of C4")
    NADIR_FIELD(std::uint8_t, c5, 23, 20, "sub-states of C5")
    NADIR_FIELD(std::uint8_t, c6, 27, 24, "sub-states of C6")
    NADIR_FIELD(std::uint8_t, c7, 31, 28, "sub-states of C7")
};

struct Leaf6Eax : Register<Leaf6Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(digital_sensor, 0, "digital temperature sensor")
    NADIR_BIT(turbo_boost, 1, "Turbo Boost")
    NADIR_BIT(arat, 2, "APIC timer always runs")
    NADIR_BIT(pln, 4, "power limit notification")
    NADIR_BIT(ecmd, 5, "clock modulation duty cycle extension")
    NADIR_BIT(ptm, 6, "package thermal management")
    NADIR_BIT(hwp, 7, "hardware-controlled performance states")
    NADIR_BIT(hwp_notification, 8, "their notification")
    NADIR_BIT(hwp_activity_window, 9, "their activity window")
    NADIR_BIT(hwp_energy_preference, 10, "their energy preference")
    NADIR_BIT(hwp_package, 11, "their package request")
    NADIR_BIT(hdc, 13, "hardware duty cycling")
    NADIR_BIT(turbo_boost_max, 14, "Turbo Boost Max 3.0")
    NADIR_BIT(hwp_capabilities_change, 15, "capabilities may change")
    NADIR_BIT(hwp_peci, 16, "override by PECI")
    NADIR_BIT(hwp_flexible, 17, "flexible performance states")
    NADIR_BIT(hwp_fast_request, 18, "fast access to the request register")
    NADIR_BIT(hardware_feedback, 19, "hardware feedback interface")
    NADIR_BIT(hwp_ignore_idle, 20, "requests of idle logical processors are ignored")
    NADIR_BIT(thread_director, 23, "Thread Director")
    NADIR_BIT(therm_interrupt_bit25, 24, "IA32_THERM_INTERRUPT bit 25")
};

struct Leaf6Ebx : Register<Leaf6Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, thresholds, 3, 0, "interrupt thresholds of the digital sensor")
};

struct Leaf6Ecx : Register<Leaf6Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(aperf_mperf, 0, "IA32_MPERF and IA32_APERF")
    NADIR_BIT(energy_bias, 3, "IA32_ENERGY_PERF_BIAS")
    NADIR_FIELD(std::uint8_t, thread_director_classes, 15, 8, "Thread Director classes")
};

struct Leaf6Edx : Register<Leaf6Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(feedback_performance, 0, "hardware feedback reports performance")
    NADIR_BIT(feedback_efficiency, 1, "hardware feedback reports energy efficiency")
    NADIR_FIELD(std::uint8_t, feedback_pages_minus_one, 11, 8, "4-KiB pages of the feedback table, minus 1")
    NADIR_FIELD(std::uint16_t, feedback_row, 31, 16, "this processor's row in the feedback table")
};

} // namespace nadir::arch::cpuid
