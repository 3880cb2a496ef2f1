// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

struct GroupEntry {
    std::string_view section;
    EntryOutcome outcome;
    std::span<const EntryRule> (*rules)();
};

constexpr std::string_view segments = "SDM3 \"Checks on Guest Segment Registers\"";
constexpr std::string_view non_register = "SDM3 \"Checks on Guest Non-Register State\"";

constexpr std::string_view host_msrs = "SDM3 \"Checks on Host Control Registers, MSRs, and SSP\"";
constexpr std::string_view guest_msrs = "SDM3 \"Checks on Guest Control Registers, Debug Registers, and MSRs\"";

constexpr GroupEntry groups[] = {
    {"SDM3 \"VM-Execution Control Fields\"", EntryOutcome::vmfail_7, &execution_control_rules},
    {"SDM3 \"VM-Execution Control Fields\"", EntryOutcome::vmfail_7, &execution_address_rules},
    {"SDM3 \"VM-Exit Control Fields\"", EntryOutcome::vmfail_7, &exit_control_rules},
    {"SDM3 \"VM-Entry Control Fields\"", EntryOutcome::vmfail_7, &entry_control_rules},
    {"SDM3 \"VM-Entry Control Fields\"", EntryOutcome::vmfail_7, &injection_rules},
    {host_msrs, EntryOutcome::vmfail_8, &host_control_register_rules},
    {host_msrs, EntryOutcome::vmfail_8, &host_fred_rules},
    {"SDM3 \"Checks on Host Segment and Descriptor-Table Registers\"", EntryOutcome::vmfail_8, &host_segment_rules},
    {"SDM3 \"Checks Related to Address-Space Size\"", EntryOutcome::vmfail_8, &address_space_rules},
    {guest_msrs, EntryOutcome::exit_33, &guest_control_register_rules},
    {guest_msrs, EntryOutcome::exit_33, &guest_optional_msr_rules},
    {guest_msrs, EntryOutcome::exit_33, &guest_fred_rules},
    // Before the segments, which a wrong RFLAGS.VM would make look wrong one and all.
    {"SDM3 \"Checks on Guest RIP, RFLAGS, and SSP\"", EntryOutcome::exit_33, &guest_rip_rules},
    {segments, EntryOutcome::exit_33, &guest_segment_rules},
    {segments, EntryOutcome::exit_33, &guest_data_segment_rules},
    {segments, EntryOutcome::exit_33, &guest_virtual_8086_rules},
    {segments, EntryOutcome::exit_33, &guest_system_segment_rules},
    {"SDM3 \"Checks on Guest Descriptor-Table Registers\"", EntryOutcome::exit_33, &guest_descriptor_table_rules},
    {non_register, EntryOutcome::exit_33, &guest_activity_rules},
    {non_register, EntryOutcome::exit_33, &guest_debug_and_link_rules},
    {"SDM3 \"Checks on Guest Page-Directory-Pointer-Table Entries\"", EntryOutcome::exit_33, &guest_pdpte_rules},
    {"SDM3 \"Loading MSRs\"", EntryOutcome::exit_34, &msr_load_rules},
};

static_assert(sizeof(groups) / sizeof(groups[0]) == entry_rule_groups);

} // namespace

EntryRuleGroup entry_rule_group(unsigned number) {
    const GroupEntry& group = groups[number];
    return {group.section, group.outcome, group.rules()};
}

NumberedRule entry_rule(unsigned number) {
    for (unsigned i = 0; i < entry_rule_groups; ++i) {
        const EntryRuleGroup group = entry_rule_group(i);
        if (number < group.rules.size()) {
            return {&group.rules[number], group};
        }
        number -= static_cast<unsigned>(group.rules.size());
    }
    return {nullptr, {}};
}

unsigned number_of(const EntryRule& rule) {
    unsigned number = 0;
    while (entry_rule(number).rule != nullptr && entry_rule(number).rule != &rule) {
        ++number;
    }
    return number;
}

} // namespace nadir::check
