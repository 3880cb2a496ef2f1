// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A recorded VM exit in words.
#pragma once

#include "control/exit_ring.h"

#include <string>
#include <string_view>

namespace nadir::tool {

// "CPUID"
std::string_view reason_of(const nadir_exit_record& exit);
// What the guest wanted: "leaf 0x7, sub-leaf 0x0"; "IA32_APIC_BASE (0x1b)"; empty where the reason says all.
std::string describe(const nadir_exit_record& exit);
// "", where nothing is to be said about it; "#GP", "in work".
std::string_view outcome_words(const nadir_exit_record& exit);
// A stable word for programs.
std::string_view outcome_name(const nadir_exit_record& exit);

} // namespace nadir::tool
