// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The rules of check/support.h in words: what was found, where the manual says so, what to do about it.
#pragma once

#include "control/control.h"

#include <cstdint>
#include <string_view>

namespace nadir::check {

enum class Severity : std::uint8_t {
    info,   // how it is
    warn,   // it works, but something is lost
    refuse, // Nadir does not start
};

enum class SupportRule : std::uint8_t {
    unknown_layout,
    no_vmx_on_amd,
    no_vmx,
    no_vmx_under_hypervisor,
    under_hypervisor,
    not_intel,
    no_long_mode,
    locked_off,
    locked_to_smx,
    unlocked,
    feature_control_unknown,
    in_possession,
    control_registers_unknown,
    msrs_unknown,
    control_missing,
    control_missing_for_feature,
    control_absent,
    control_forced,
    ept_feature_missing,
    no_1g_pages,
    vpid_not_flushable,
    vmcs_too_large,
    vmcs_address_limit,
    vmcs_memory_type,
    no_wait_for_sipi,
    no_trace_in_vmx,
    cr0_must_be_zero,
    cr4_must_be_zero,
    cr4_must_be_one,
    fred_in_use,
    uintr_in_use,
    wide_physical_addresses,
    too_many_processors,
    too_little_memory,
    rival,
    count,
};

struct SupportRuleText {
    // All with their length: there is no strlen in every place that these words are read in.
    std::string_view identifier; // stable, for programs
    nadir_status status;
    Severity severity;
    // {d} and {x}: the finding's values, in this order. {n}: its item's name, {g}: its kind, {r}: why it is wanted.
    std::string_view found;
    std::string_view section; // of the manual; empty where no manual has a say
    std::string_view advice;  // empty: nothing to do
};

const SupportRuleText& text_of(SupportRule rule);

} // namespace nadir::check
