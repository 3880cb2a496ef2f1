// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/entry_failure.h"

#include "check/entry/rule_record.h"
#include "core/log.h"
#include "core/nadir.h"
#include "core/probe.h"

namespace nadir::core {

namespace {

// Nothing that the rules look for in memory is used by us: no MSR lists, no link pointer, no virtual APIC.
constexpr const check::MemoryReader* no_memory = nullptr;

bool read_field(const void* context, uint32_t encoding, uint64_t& value) {
    const auto& vmcs = *static_cast<const nadir_vmcs*>(context);
    for (uint32_t i = 0; i < vmcs.count && i < NADIR_VMCS_FIELDS; ++i) {
        if (vmcs.fields[i].encoding == encoding) {
            value = vmcs.fields[i].value;
            return true;
        }
    }
    return false;
}

bool is_dead(const nadir_session& session, uint32_t processor) {
    nadir_statistics statistics;
    (void)nadir_get_statistics(&session, processor, &statistics);
    return statistics.state == NADIR_PROCESSOR_DEAD;
}

} // namespace

uint32_t explain_failed_entry(nadir_session& session, const nadir_vmcs& vmcs, const arch::Capabilities& capabilities) {
    const check::VmcsView view{&read_field, &vmcs};
    check::EntryReport broken;
    check::check_entry(view, capabilities, no_memory, broken);
    uint32_t first = 0;
    for (const check::Violation& violation : broken.all()) {
        const check::RuleRecord record = check::record_of(violation, view);
        if (first == 0) {
            first = static_cast<uint32_t>(record.rule) + 1;
        }
        log(session, vmcs.processor, Message::entry_rule_broken,
            {record.rule, record.bits, record.values[0], record.values[1], record.values[2], record.values[3]});
    }
    if (broken.dropped != 0) {
        log(session, vmcs.processor, Message::entry_rules_dropped, {broken.dropped});
    }
    if (broken.count == 0) {
        log(session, vmcs.processor, Message::entry_rules_kept, {broken.unchecked});
    }
    return first;
}

extern "C" NADIR_ABI void nadir_explain_log_record(nadir_session* session, const nadir_log_record* record) {
    const auto message = static_cast<Message>(record->message);
    const bool entry = message == Message::entry_failed || message == Message::vm_instruction_failed;
    if (!entry || nadir_processor_active(session, record->processor) == 0) {
        return;
    }
    // Where root mode noted it, the processor is lost, and its VMCS is kept.
    nadir_vmcs& vmcs = session->failed_entry;
    if (is_dead(*session, record->processor) && nadir_read_vmcs(session, record->processor, &vmcs) == NADIR_OK) {
        explain_failed_entry(*session, vmcs, read_processor_capabilities());
    }
}

} // namespace nadir::core
