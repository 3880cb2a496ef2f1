// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/entry/rule_record.h"

#include "base/format.h"
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

struct RecordedFields {
    const EntryRule* rule;
    const std::uint64_t* values;
};

// The record as a VMCS that knows the recorded fields only.
bool read_recorded(const void* context, std::uint32_t encoding, std::uint64_t& value) {
    const auto& recorded = *static_cast<const RecordedFields*>(context);
    for (unsigned i = 0; i < recorded.rule->fields.count() && i < RuleRecord::shown_values; ++i) {
        if (recorded.rule->fields.encodings[i] == encoding) {
            value = recorded.values[i];
            return true;
        }
    }
    return false;
}

} // namespace

RuleRecord record_of(const Violation& violation, VmcsView vmcs) {
    RuleRecord record{number_of(*violation.rule), violation.bits, {}};
    if (violation.msr.number != 0) {
        record.bits = violation.msr.number;
        record.values[0] = violation.msr.index;
        record.values[1] = violation.msr.value;
        return record;
    }
    for (unsigned i = 0; i < violation.rule->fields.count() && i < RuleRecord::shown_values; ++i) {
        vmcs.read(vmcs.context, violation.rule->fields.encodings[i], record.values[i]);
    }
    return record;
}

std::size_t describe_record(const std::uint64_t* numbers, std::span<char> out) {
    base::Writer writer(out);
    const NumberedRule numbered = entry_rule(static_cast<unsigned>(numbers[0]));
    if (numbered.rule == nullptr) {
        writer.text("rule ").decimal(numbers[0]).text(" of another version");
        return writer.length();
    }
    Violation violation{numbered.rule, numbered.group.outcome, numbered.group.section, numbers[1], {}};
    const RecordedFields recorded{numbered.rule, numbers + 2};
    VmcsView vmcs{&read_recorded, &recorded};
    if (numbered.group.outcome == EntryOutcome::exit_34) {
        violation.bits = 0;
        violation.msr = {static_cast<std::uint32_t>(numbers[1]), static_cast<std::uint32_t>(numbers[2]), numbers[3]};
        vmcs.read = [](const void*, std::uint32_t, std::uint64_t&) { return false; };
    }
    writer.text(numbered.rule->identifier).text(": ");
    return writer.length() + describe(violation, vmcs, out.subspan(writer.length()));
}

} // namespace nadir::check
