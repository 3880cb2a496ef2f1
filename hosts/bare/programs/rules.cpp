// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=rules: what rules answer, on every processor; that events and rules live side by side, and that nothing is left of a rule
// behind its end.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/with_nadir.h"

namespace nadir::bare {

namespace {

constexpr u32 leaf = 0x8000'0000;
constexpr u32 msr_cstar = 0xC000'0083;
constexpr u32 msr_star = 0xC000'0081;
constexpr u32 no_msr = 0x1234'5678;
constexpr u64 cr0_wp = 1u << 16;
constexpr u64 cr4_tsd = 1u << 2;
constexpr u64 secret = 0x1122'3344'5566'7788;

constexpr nadir_rule rules[] = {
    {NADIR_RULE_CPUID, leaf, 0, 1, NADIR_CPUID_EBX, 0, 0, 0x1234},
    {NADIR_RULE_CPUID, leaf, 0, 1, NADIR_CPUID_EBX, 0, 0xFFFF'FFFF, 0x5'0000},
    {NADIR_RULE_CPUID, leaf, 7, 0, NADIR_CPUID_EDX, 0, 0, 7},
    {NADIR_RULE_READ_MSR, no_msr, 0, 0, 0, 0, 0, secret},
    {NADIR_RULE_WRITE_MSR, msr_cstar, 0, 0, 0, NADIR_ACTION_REFUSE, 0, 0},
    {NADIR_RULE_WRITE_MSR, msr_star, 0, 0, 0, NADIR_ACTION_IGNORE, 0, 0},
    {NADIR_RULE_PIN, 0, 0, 0, 0, NADIR_ACTION_IGNORE, 0, cr0_wp},
    {NADIR_RULE_PIN, 4, 0, 0, 0, NADIR_ACTION_REFUSE, 0, cr4_tsd},
};
constexpr u32 rule_count = sizeof rules / sizeof rules[0];

nadir_rules_request request;

u32 change(nadir_session* session, u32 operation, const nadir_rule& rule = {}, u32 number = 0) {
    request = {};
    request.operation = operation;
    request.number = number;
    request.rule = rule;
    return nadir_change_rules(session, &request);
}

// What a processor sees: with `ruled` as the rules say, without as the processor does.
bool sees(bool ruled) {
    const CpuidResult plain = cpuid(leaf);
    const CpuidResult seventh = cpuid(leaf, 7);
    u64 value = 0;
    const bool read = try_read_msr(no_msr, value);
    const u64 star = read_msr(msr_star);
    write_msr(msr_star, star ^ u64{1} << 40);
    const bool star_kept = read_msr(msr_star) == star;
    const bool cstar_written = try_write_msr(msr_cstar, read_msr(msr_cstar));
    if (!star_kept)
        write_msr(msr_star, star);
    return ((plain.ebx == 0x5'1234) == ruled) && ((seventh.edx == 7) == ruled) && plain.edx != 7 &&
           (ruled ? read && value == secret : !read) && star_kept == ruled && cstar_written == !ruled;
}

NADIR_ABI u32 set_bits(void*, u32) {
    write_cr0(read_cr0() | cr0_wp);
    write_cr4(read_cr4() | cr4_tsd);
    return 0;
}

// Tries to clear both. Answers 1 for a write that faulted, 2 for a bit that is clear to see, of CR0, and the same times 4 of CR4.
NADIR_ABI u32 clear_bits(void*, u32) {
    FaultGuard guard;
    u32 answer = 0;
    if (guarded(
            guard, [](void*) { write_cr0(read_cr0() & ~cr0_wp); }, nullptr) != no_fault)
        answer |= 1;
    if (guarded(
            guard, [](void*) { write_cr4(read_cr4() & ~cr4_tsd); }, nullptr) != no_fault)
        answer |= 4;
    return answer | ((read_cr0() & cr0_wp) == 0 ? 2 : 0) | ((read_cr4() & cr4_tsd) == 0 ? 8 : 0);
}

NADIR_ABI u32 sees_rules(void*, u32) { return sees(true) ? 1 : 0; }
NADIR_ABI u32 sees_none(void*, u32) { return sees(false) ? 1 : 0; }

bool all(nadir_procedure procedure, u32 expected) {
    for (u32 i = 0; i < processor_count(); ++i)
        if (run_on(i, procedure, nullptr) != expected)
            return false;
    return true;
}

// What the register really holds: a field of the processor's VMCS.
u64 field(const nadir_session* session, u32 processor, u32 encoding) {
    static nadir_vmcs vmcs;
    nadir_read_vmcs(session, processor, &vmcs);
    for (u32 i = 0; i < vmcs.count; ++i)
        if (vmcs.fields[i].encoding == encoding)
            return vmcs.fields[i].value;
    return 0;
}

bool really(const nadir_session* session, bool wp, bool tsd) {
    constexpr u32 guest_cr0 = 0x6800, guest_cr4 = 0x6804;
    for (u32 i = 0; i < processor_count(); ++i)
        if (((field(session, i, guest_cr0) & cr0_wp) != 0) != wp ||
            ((field(session, i, guest_cr4) & cr4_tsd) != 0) != tsd)
            return false;
    return true;
}

const char* add_all(nadir_session* session) {
    for (u32 i = 0; i < rule_count; ++i)
        if (change(session, NADIR_RULES_ADD, rules[i]) != NADIR_OK || request.number != i + 1 || request.count != i + 1)
            return "a rule wasn't taken";
    return nullptr;
}

const char* refusals(nadir_session* session) {
    if (change(session, NADIR_RULES_ADD, {NADIR_RULE_WRITE_MSR, msr_fs_base, 0, 0, 0, 0, 0, 0}) != NADIR_BAD_ARGUMENT)
        return "a rule that stops the system was taken";
    print("refused: %s\n", request.report.text);
    if (change(session, NADIR_RULES_ADD, {NADIR_RULE_PIN, 4, 0, 0, 0, 0, 0, 1u << 5}) != NADIR_BAD_ARGUMENT)
        return "CR4.PAE was pinned";
    if (change(session, NADIR_RULES_ADD, rules[4]) != NADIR_BUSY)
        return "one MSR got two answers";
    if (change(session, NADIR_RULES_REMOVE, {}, rule_count + 1) != NADIR_BAD_ARGUMENT ||
        change(session, NADIR_RULES_REMOVE, {}, 0) != NADIR_BAD_ARGUMENT)
        return "a rule that isn't there was removed";
    if (change(session, NADIR_RULES_OPERATIONS) != NADIR_BAD_ARGUMENT)
        return "an unknown operation was accepted";
    return request.count == rule_count ? nullptr : "a refusal changed the rules";
}

const char* ruled_work(nadir_session* session) {
    if (!all(sees_rules, 1))
        return "a processor doesn't see what the rules say";
    // Of WP the guest sees what it wrote; of TSD the attempt faults.
    if (!all(clear_bits, 2 | 4) || !really(session, true, true))
        return "a pinned bit isn't kept, or doesn't look so";
    change(session, NADIR_RULES_LIST);
    for (u32 i = 0; i < request.count; ++i)
        print("rule %u answered %llu\n", request.rules[i].number, request.rules[i].answered);
    return nullptr;
}

NADIR_ABI u32 go_and_come(void* session, u32 number) {
    nadir_report report{};
    nadir_leave_processor(static_cast<nadir_session*>(session), number);
    const bool plain = sees(false) && (read_cr0() & cr0_wp) == 0;
    nadir_enter_processor(static_cast<nadir_session*>(session), number, &report);
    return plain && sees(true) ? 1 : 0;
}

// A trace of the rules begins, sees them, and ends, while they stay; then they go while a trace stays.
const char* beside_events(nadir_session* session) {
    constexpr nadir_event_filter filter{
        1u << NADIR_EVENT_RULE | 1u << NADIR_EVENT_RDMSR, 1, {{NADIR_RANGE_MSR, no_msr, no_msr}}, 0, 0, {}};
    static nadir_events_read_request events;
    nadir_report report{};
    if (nadir_events_begin(session, &filter, &report) != NADIR_OK || !all(sees_rules, 1))
        return "a trace and rules don't go together";
    events = {};
    nadir_events_read(session, &events);
    for (u32 i = 0; i < events.count; ++i)
        print("event: kind %u words %llx %llx %llx outcome %u\n", events.events[i].kind, events.events[i].word[0],
              events.events[i].word[1], events.events[i].word[2], events.events[i].outcome);
    if (nadir_events_end(session, &report) != NADIR_OK || !all(sees_rules, 1))
        return "the end of a trace ended rules";
    if (nadir_events_begin(session, &filter, &report) != NADIR_OK || change(session, NADIR_RULES_CLEAR) != NADIR_OK ||
        request.count != 0 || !all(sees_none, 1))
        return "rules didn't go while a trace is on";
    events = {};
    nadir_events_read(session, &events);
    const bool goes_on = events.count == 1 && events.events[0].kind == NADIR_EVENT_RDMSR;
    return nadir_events_end(session, &report) == NADIR_OK && goes_on ? nullptr : "the end of rules ended a trace";
}

// CPUIDs that no rule is about keep their short way: the recorder sees none of them.
const char* short_way(nadir_session* session) {
    static nadir_recorder_request recorder;
    if (change(session, NADIR_RULES_ADD, rules[3]) != NADIR_OK)
        return "a rule wasn't taken again";
    recorder = {};
    nadir_read_recorder(session, &recorder);
    const u64 before = recorder.begun;
    for (u32 i = 0; i < 100; ++i)
        cpuid(0);
    nadir_read_recorder(session, &recorder);
    return recorder.begun - before < 20 ? nullptr : "CPUIDs take the long way";
}

const char* all_of_it(nadir_session* session) {
    all(set_bits, 0);
    const char* why = all(sees_none, 1) ? add_all(session) : "a processor sees rules before there are any";
    if (why == nullptr)
        why = refusals(session);
    if (why == nullptr)
        why = ruled_work(session);
    if (why == nullptr && run_on(processor_count() - 1, go_and_come, session) != 1)
        why = "a processor that went and came doesn't see the rules";
    if (why == nullptr)
        why = beside_events(session);
    // The pins are gone: WP is what was written meanwhile, and TSD, never cleared, can be now.
    if (why == nullptr && (!really(session, false, true) || !all(clear_bits, 2 | 8) || !really(session, false, false)))
        why = "something is left of a pinned bit";
    all(set_bits, 0);
    if (why == nullptr)
        why = short_way(session);
    return why;
}

} // namespace

const char* run_rules(const Options& options) { return with_nadir(options, all_of_it); }

} // namespace nadir::bare
