// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events (control/event_ring.h): their names on the command line, and one of them in words.
#pragma once

#include "control/event_ring.h"

#include <string>
#include <string_view>

namespace nadir::tool {

// By kind; what `nadir trace` takes.
inline constexpr std::string_view event_names[NADIR_EVENT_KINDS] = {"cpuid", "rdmsr", "wrmsr", "xsetbv", "vmx"};

std::string_view name_of_event(const nadir_event& event);

// What it was and what it gave: "leaf 0x1, subleaf 0x0: eax ..."; "IA32_EFER (0xc0000080) = 0xd01"; "VMXON".
std::string describe(const nadir_event& event);

// "" where the instruction was carried out; "#GP", "#UD".
std::string_view outcome_words(const nadir_event& event);

} // namespace nadir::tool
