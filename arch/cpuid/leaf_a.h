// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf AH: architectural performance monitoring.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct LeafAEax : Register<LeafAEax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, version, 7, 0, "version")
    NADIR_FIELD(std::uint8_t, counters, 15, 8, "general-purpose counters per logical processor")
    NADIR_FIELD(std::uint8_t, counter_width, 23, 16, "bits of a general-purpose counter")
    NADIR_FIELD(std::uint8_t, events, 31, 24, "length of the list of events in EBX")
};

// Bits that are 1 mean: not available.
struct LeafAEbx : Register<LeafAEbx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(no_core_cycles, 0, "no core cycles")
    NADIR_BIT(no_instructions, 1, "no instructions retired")
    NADIR_BIT(no_reference_cycles, 2, "no reference cycles")
    NADIR_BIT(no_cache_references, 3, "no last-level cache references")
    NADIR_BIT(no_cache_misses, 4, "no last-level cache misses")
    NADIR_BIT(no_branches, 5, "no branch instructions retired")
    NADIR_BIT(no_branch_misses, 6, "no mispredicted branches retired")
    NADIR_BIT(no_topdown_slots, 7, "no top-down slots")
};

struct LeafAEcx : Register<LeafAEcx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, fixed_bitmap, 31, 0, "fixed-function counters that are there")
};

struct LeafAEdx : Register<LeafAEdx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, fixed_counters, 4, 0, "contiguous fixed-function counters")
    NADIR_FIELD(std::uint8_t, fixed_width, 12, 5, "bits of a fixed-function counter")
    NADIR_BIT(any_thread_deprecated, 15, "AnyThread is deprecated")
};

} // namespace nadir::arch::cpuid
