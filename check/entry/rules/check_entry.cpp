// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/entry/check_entry.h"

#include "arch/vmx/field_table.h"
#include "base/format.h"
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

void add(EntryReport& report, const Violation& violation) {
    if (violation.outcome < report.outcome) {
        report.outcome = violation.outcome;
    }
    if (report.count == EntryReport::capacity) {
        ++report.dropped;
        return;
    }
    report.violations[report.count] = violation;
    ++report.count;
}

} // namespace

bool EntryReport::violates(std::string_view identifier) const {
    for (const Violation& violation : all()) {
        if (violation.rule->identifier == identifier) {
            return true;
        }
    }
    return false;
}

std::string_view outcome_words(EntryOutcome outcome) {
    switch (outcome) {
    case EntryOutcome::vmfail_7:
        return "VMfailValid with VM-instruction error 7 (VM entry with invalid control field(s)): execution goes on behind "
               "VMLAUNCH or VMRESUME with ZF set";
    case EntryOutcome::vmfail_8:
        return "VMfailValid with VM-instruction error 8 (VM entry with invalid host-state field(s)): execution goes on "
               "behind VMLAUNCH or VMRESUME with ZF set";
    case EntryOutcome::exit_33: return "a VM exit with reason 80000021H (VM-entry failure due to invalid guest state)";
    case EntryOutcome::exit_34: return "a VM exit with reason 80000022H (VM-entry failure due to MSR loading)";
    case EntryOutcome::success: return "the VM entry succeeds";
    }
    return {};
}

void check_entry(VmcsView vmcs, const arch::Capabilities& capabilities, const MemoryReader* memory,
                 EntryReport& report) {
    report = EntryReport{};
    const EntryContext context(vmcs, capabilities, memory);
    for (unsigned number = 0; number < entry_rule_groups; ++number) {
        const EntryRuleGroup group = entry_rule_group(number);
        for (const EntryRule& rule : group.rules) {
            context.begin_rule();
            const Breach breach = rule.test(context);
            if (context.unknown()) {
                ++report.unchecked;
            } else if (breach.broken) {
                add(report, {&rule, group.outcome, group.section, breach.bits, breach.msr});
            }
        }
    }
}

std::size_t describe(const Violation& violation, VmcsView vmcs, std::span<char> out) {
    base::Writer writer(out);
    writer.text(violation.rule->words).text(" (");
    const unsigned count = violation.rule->fields.count();
    for (unsigned i = 0; i < count; ++i) {
        const std::uint32_t encoding = violation.rule->fields.encodings[i];
        const arch::VmcsFieldInfo* info = arch::find_vmcs_field(encoding);
        std::uint64_t value = 0;
        writer.text(i == 0 ? std::string_view{} : ", ");
        if (info != nullptr) {
            writer.text(info->name);
        } else {
            writer.hex(encoding);
        }
        if (vmcs.read(vmcs.context, encoding, value)) {
            writer.text(" = ").hex(value);
        }
        if (i == 0 && violation.bits != 0) {
            writer.text(", wrong bits ").hex(violation.bits);
        }
    }
    if (violation.msr.number != 0) {
        writer.text(", entry ").decimal(violation.msr.number).text(": MSR ").hex(violation.msr.index);
        writer.text(" = ").hex(violation.msr.value);
    }
    writer.text(") [").text(violation.section).character(']');
    if (!violation.rule->hint.empty()) {
        writer.text(". ").text(violation.rule->hint);
    }
    return writer.length();
}

} // namespace nadir::check
