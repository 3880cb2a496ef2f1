// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From the words of the command line to a struct nadir_event_filter.
#pragma once

#include "control/control.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

struct EventWishes {
    std::vector<std::string> events; // their names
    // By enum nadir_range: numbers (of MSRs names, too), or FIRST-LAST; none: all that can be watched.
    std::array<std::vector<std::string>, NADIR_RANGE_KINDS> ranges;
    // By memory_options: physical memory, as tool/definitions/memory_range.h reads it.
    std::array<std::vector<std::string>, 3> memory;
    bool registers = false;
};

// How ranges of something are asked for.
struct RangeOption {
    nadir_range what;
    std::string_view option;
    nadir_u32 kinds;         // of which events it chooses
    std::string_view events; // the same in words
    std::string_view things; // what has these numbers
};

// Which accesses to memory are asked for.
struct MemoryOption {
    nadir_memory_access access;
    std::string_view option;
    std::string_view what;
};

inline constexpr MemoryOption memory_options[] = {
    {NADIR_MEMORY_READ, "--read", "reads of"},
    {NADIR_MEMORY_WRITE, "--write", "writes to"},
    {NADIR_MEMORY_EXECUTE, "--execute", "instructions in"},
};

constexpr nadir_u32 bit_of_kind(nadir_event_kind kind) { return 1U << kind; }

inline constexpr RangeOption range_options[] = {
    {NADIR_RANGE_MSR, "--msr", bit_of_kind(NADIR_EVENT_RDMSR) | bit_of_kind(NADIR_EVENT_WRMSR), "rdmsr or wrmsr",
     "MSRs"},
    {NADIR_RANGE_CPUID_LEAF, "--leaf", bit_of_kind(NADIR_EVENT_CPUID), "cpuid", "CPUID leaves"},
    {NADIR_RANGE_IO_PORT, "--port", bit_of_kind(NADIR_EVENT_IO), "io", "I/O ports"},
    {NADIR_RANGE_EXCEPTION, "--vector", bit_of_kind(NADIR_EVENT_EXCEPTION), "exception", "vectors"},
    {NADIR_RANGE_CONTROL_REGISTER, "--control-register", bit_of_kind(NADIR_EVENT_CONTROL_REGISTER), "control-register",
     "control registers"},
};

// Throws Failure that says which word is wrong, and what was perhaps meant.
nadir_event_filter event_filter(const EventWishes& wishes);

} // namespace nadir::tool
