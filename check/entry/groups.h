// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The groups of rules, in the order of the manual. [SDM3 "VM Entries"]
#pragma once

#include "check/entry/rule.h"

namespace nadir::check {

// Each is in the file of its name.
std::span<const EntryRule> execution_control_rules();
std::span<const EntryRule> execution_address_rules();
std::span<const EntryRule> exit_control_rules();
std::span<const EntryRule> entry_control_rules();
std::span<const EntryRule> injection_rules();
std::span<const EntryRule> host_control_register_rules();
std::span<const EntryRule> host_fred_rules();
std::span<const EntryRule> host_segment_rules();
std::span<const EntryRule> address_space_rules();
std::span<const EntryRule> guest_control_register_rules();
std::span<const EntryRule> guest_optional_msr_rules();
std::span<const EntryRule> guest_fred_rules();
std::span<const EntryRule> guest_segment_rules();
std::span<const EntryRule> guest_data_segment_rules();
std::span<const EntryRule> guest_virtual_8086_rules();
std::span<const EntryRule> guest_system_segment_rules();
std::span<const EntryRule> guest_descriptor_table_rules();
std::span<const EntryRule> guest_rip_rules();
std::span<const EntryRule> guest_activity_rules();
std::span<const EntryRule> guest_debug_and_link_rules();
std::span<const EntryRule> guest_pdpte_rules();
std::span<const EntryRule> msr_load_rules();

inline constexpr unsigned entry_rule_groups = 22;

// 0 to entry_rule_groups - 1.
EntryRuleGroup entry_rule_group(unsigned number);

// Rules have numbers, too: their places in the order of the groups, from 0. They change with the version; identifiers
// don't.
struct NumberedRule {
    const EntryRule* rule; // null: there is no such rule
    EntryRuleGroup group;
};
NumberedRule entry_rule(unsigned number);
unsigned number_of(const EntryRule& rule);

} // namespace nadir::check
