// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=events: what is asked for leaves an event, with what it was and what became of it, and nothing else does; a storm's
// losses are counted; a processor that goes and comes goes on; and afterwards nothing exits that didn't before.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/with_nadir.h"
#include "hosts/bare/programs/read_events.h"
#include "hosts/bare/programs/switched_msrs.h"

namespace nadir::bare {

namespace {

constexpr u32 msr_cstar = 0xC000'0083;
constexpr u32 msr_star = 0xC000'0081;    // between the two, and not asked for
constexpr u32 refused_msr = 0x1234'5678; // outside the bitmap's ranges: it exits in any case, and raises #GP
constexpr u32 unasked_msr = 0x1234'5679; // the same, not asked for
constexpr u32 all_kinds = (1u << (NADIR_EVENT_VMX + 1)) - 1; // the others: test=register_events
constexpr u32 storm_steps = 5000;

constexpr nadir_event_range one_msr(u32 msr) { return {NADIR_RANGE_MSR, msr, msr}; }
constexpr nadir_event_range one_leaf(u32 leaf) { return {NADIR_RANGE_CPUID_LEAF, leaf, leaf}; }

constexpr nadir_event_filter chosen{
    all_kinds, 5, {one_msr(msr_cstar), one_msr(msr_efer), one_msr(refused_msr), one_leaf(0), one_leaf(4)}, 0, 0, {}};

// Each line of it is one event, or none.
NADIR_ABI u32 work(void*, u32) {
    FaultGuard guard;
    cpuid(0);
    cpuid(4, 2);
    cpuid(3); // none
    read_msr(msr_efer);
    write_msr(msr_cstar, 0x1234'5678'9ABC);
    read_msr(msr_cstar);
    read_msr(msr_star); // none
    guarded(
        guard, [](void*) { write_msr(msr_cstar, u64{1} << 63); }, nullptr); // not canonical
    guarded(
        guard, [](void*) { read_msr(refused_msr); }, nullptr);
    guarded(
        guard, [](void*) { read_msr(unasked_msr); }, nullptr); // none
    guarded(
        guard, [](void*) { asm volatile("vmcall"
                                        :
                                        : "a"(0)); }, nullptr);
    guarded(
        guard, [](void*) { asm volatile("vmxoff"); }, nullptr);
    if ((read_cr4() & cr4_osxsave) != 0)
        asm volatile("xsetbv" : : "a"(read_xcr0()), "d"(0), "c"(0) : "memory");
    write_msr(msr_cstar, 0);
    return 0;
}

NADIR_ABI u32 storm(void*, u32) {
    for (u32 i = 0; i < storm_steps; ++i)
        cpuid(0, i);
    return 0;
}

u32 begin(nadir_session* session, const nadir_event_filter& filter) {
    nadir_report report{};
    return nadir_events_begin(session, &filter, &report);
}

u32 end(nadir_session* session) {
    nadir_report report{};
    return nadir_events_end(session, &report);
}

// Reads all that there is from where `seen` is on; prints each where asked for.
const char* read_all(const nadir_session* session, u32 number, ReadEvents& seen, bool printed) {
    while (const nadir_events_read_request* some = next_events(session, number, seen))
        for (u32 i = 0; i < some->count && printed; ++i) {
            const nadir_event& e = some->events[i];
            print("event %u of processor %u: kind %u words %llx %llx %llx outcome %u level %u cr3 %u\n", e.sequence - 1,
                  number, e.kind, e.word[0], e.word[1], e.word[2], e.outcome, e.privilege_level,
                  static_cast<u32>(e.cr3 == read_cr3() && e.rip != 0 && e.time != 0));
        }
    return seen.why;
}

const char* refusals(nadir_session* session) {
    nadir_event_filter wrong = chosen;
    wrong.kinds = 0;
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "no event at all was asked for, and accepted";
    wrong.kinds = all_kinds | 1u << NADIR_EVENT_REGISTERS;
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "an unknown kind was accepted";
    wrong = chosen;
    wrong.range_count = NADIR_EVENT_RANGES + 1;
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "more ranges than there are were accepted";
    wrong = chosen;
    wrong.ranges[2] = {NADIR_RANGE_MSR, 2, 1};
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "a range that ends before it begins was accepted";
    wrong.ranges[2] = {NADIR_RANGE_KINDS, 1, 1};
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "a range of something unknown was accepted";
    wrong = chosen;
    wrong.options = 0x8000'0000;
    if (begin(session, wrong) != NADIR_BAD_ARGUMENT)
        return "an unknown option was accepted";
    constexpr u32 debugctl = 0x1D9;
    wrong = chosen;
    wrong.ranges[2] = one_msr(debugctl);
    if (begin(session, wrong) != NADIR_UNSUPPORTED_FEATURE)
        return "an MSR that can't be watched was accepted";
    return nullptr;
}

const char* watched_work(nadir_session* session) {
    if (begin(session, chosen) != NADIR_OK)
        return "the events weren't begun";
    if (begin(session, chosen) != NADIR_BUSY)
        return "a second one got the events, too";
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, work, nullptr);
    const char* why = nullptr;
    for (u32 i = 0; i < processor_count() && why == nullptr; ++i) {
        ReadEvents seen{};
        why = read_all(session, i, seen, true);
    }
    if (why == nullptr && end(session) != NADIR_OK)
        why = "the events didn't end";
    return why;
}

const char* watched_storm(nadir_session* session) {
    if (begin(session, {1u << NADIR_EVENT_CPUID, 0, {}, 0, 0, {}}) != NADIR_OK)
        return "the events weren't begun for the storm";
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, storm, nullptr);
    storm(nullptr, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    for (u32 i = 0; i < processor_count(); ++i) {
        ReadEvents seen{};
        const char* why = read_all(session, i, seen, false);
        if (why != nullptr)
            return why;
        print("storm of processor %u: events %llu lost %llu\n", i, seen.events, seen.lost);
    }
    return end(session) == NADIR_OK ? nullptr : "the events of the storm didn't end";
}

NADIR_ABI u32 go_and_come(void* session, u32 number) {
    nadir_report report{};
    cpuid(0);
    nadir_leave_processor(static_cast<nadir_session*>(session), number);
    cpuid(0); // nobody sees this one
    const u32 status = nadir_enter_processor(static_cast<nadir_session*>(session), number, &report);
    cpuid(0);
    return status;
}

const char* watched_hotplug(nadir_session* session) {
    const u32 subject = processor_count() - 1;
    ReadEvents seen{};
    if (begin(session, {1u << NADIR_EVENT_CPUID, 0, {}, 0, 0, {}}) != NADIR_OK ||
        run_on(subject, go_and_come, session) != NADIR_OK)
        return "the processor didn't go and come";
    const u64 before = seen.next;
    const char* why = read_all(session, subject, seen, false);
    print("gone and come: %llu events, lost %llu\n", seen.next - before, seen.lost);
    if (why == nullptr && end(session) != NADIR_OK)
        why = "the events of a processor that came didn't end";
    return why;
}

struct Exits {
    u64 recorded, rdmsr, wrmsr;
};

Exits exits(const nadir_session* session, u32 number) {
    static nadir_recorder_request recorder;
    static nadir_statistics statistics;
    recorder = {};
    recorder.processor = number;
    nadir_read_recorder(session, &recorder);
    nadir_get_statistics(session, number, &statistics);
    return {recorder.begun, statistics.exits[31], statistics.exits[32]};
}

NADIR_ABI u32 quiet_work(void*, u32) {
    for (u32 i = 0; i < 10; ++i) {
        cpuid(0);
        write_msr(msr_cstar, read_msr(msr_efer) & 0);
    }
    return 0;
}

const char* nothing_exits_any_more(nadir_session* session) {
    for (u32 i = 0; i < processor_count(); ++i) {
        const Exits before = exits(session, i);
        run_on(i, quiet_work, nullptr);
        const Exits after = exits(session, i);
        if (after.recorded != before.recorded || after.rdmsr != before.rdmsr || after.wrmsr != before.wrmsr)
            return "something exits that didn't before";
    }
    return nullptr;
}

// Writes and reads of the MSRs that VM exits switch do the same whether they exit or not.
const char* same_switched_msrs(nadir_session* session) {
    static SwitchedMsrs quiet, watched;
    try_switched_msrs(quiet);
    if (begin(session, {all_kinds, 0, {}, 0, 0, {}}) != NADIR_OK)
        return "the events of all MSRs weren't begun";
    try_switched_msrs(watched);
    ReadEvents seen{};
    const char* why = read_all(session, 0, seen, false);
    print("switched MSRs: %u tries, %u refused, %u differences, %s events\n", quiet.tries, quiet.refused,
          differences(quiet, watched), seen.events + seen.lost >= 2 * quiet.tries ? "all have" : "not all have");
    if (why == nullptr && end(session) != NADIR_OK)
        why = "the events of all MSRs didn't end";
    return why;
}

} // namespace

const char* run_events(const Options& options) {
    return with_nadir(options, [](nadir_session* session) -> const char* {
        constexpr const char* (*parts[])(nadir_session*) = {
            nothing_exits_any_more, refusals,        watched_work,       nothing_exits_any_more,
            watched_storm,          watched_hotplug, same_switched_msrs, nothing_exits_any_more};
        for (const auto part : parts)
            if (const char* why = part(session); why != nullptr)
                return why;
        // A stop ends what nobody ended.
        return begin(session, chosen) == NADIR_OK ? nullptr : "the last events weren't begun";
    });
}

} // namespace nadir::bare
