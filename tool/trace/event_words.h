// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events (control/event_ring.h): their names on the command line, and one of them in words.
#pragma once

#include "control/event_ring.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// By kind; what `nadir trace` takes. The last one is no event: records of registers belong to another one.
inline constexpr nadir_u32 event_name_count = NADIR_EVENT_REGISTERS;
inline constexpr std::string_view event_names[event_name_count] = {
    "cpuid",
    "rdmsr",
    "wrmsr",
    "xsetbv",
    "vmx",
    "control-register",
    "address-space",
    "debug-register",
    "descriptor-table",
    "rdtsc",
    "rdpmc",
    "io",
    "exception",
    "interrupt",
    "system-call",
    "memory",
    "hook",
    "rule",
};

// "unknown" for one of a newer version.
std::string_view name_of_event(nadir_u32 kind);
std::optional<nadir_u32> event_of_name(std::string_view name);

// What it was and what it gave: "leaf 0x1, subleaf 0x0: eax ..."; "ia32_efer (0xc0000080) = 0xd01"; "VMXON".
std::string describe(const nadir_event& event);

// "" where the instruction was carried out; "#GP", "#UD".
std::string_view outcome_words(const nadir_event& event);

} // namespace nadir::tool
