// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=register_events: instructions on system registers leave the events that were asked for, in their order and once each;
// with nothing asked for, none of them exits.
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 all_kinds = 1u << NADIR_EVENT_CONTROL_REGISTER | 1u << NADIR_EVENT_ADDRESS_SPACE |
                          1u << NADIR_EVENT_DEBUG_REGISTER | 1u << NADIR_EVENT_DESCRIPTOR_TABLE |
                          1u << NADIR_EVENT_RDTSC | 1u << NADIR_EVENT_RDPMC;
constexpr u64 first_mark = 0x1111'0000; // in DR0, around what is tried
constexpr u64 last_mark = 0x2222'0000;
constexpr u64 bad_cr3 = 1ull << 62;
alignas(16) TablePointer table;

// Each line is one event, or none.
void control_registers() {
    const u64 cr0 = read_cr0();
    const u64 cr4 = read_cr4();
    write_cr8(5);
    read_cr8();
    write_cr8(0);
    write_cr4(cr4 ^ cr4_pge);
    write_cr4(cr4);
    write_cr4(cr4); // none: it changes nothing
    write_cr0(cr0 | cr0_ts);
    asm volatile("clts");
    asm volatile("clts"); // none
    asm volatile("lmsw %w0" : : "r"(static_cast<u32>(cr0 & 0xF) | cr0_ts) : "memory");
    write_cr0(cr0);
}

void descriptor_tables() {
    asm volatile("sgdt %0" : "=m"(table));
    asm volatile("lgdt %0" : : "m"(table) : "memory");
    asm volatile("sidt %0" : "=m"(table));
    asm volatile("lidt %0" : : "m"(table) : "memory");
    u64 value;
    asm volatile("sldt %0" : "=r"(value));
    asm volatile("str %0" : "=r"(value));
    asm volatile("lldt %w0" : : "r"(0) : "memory");
}

void counters() {
    read_tsc();
    asm volatile("rdtscp" : : : "eax", "ecx", "edx", "memory");
    asm volatile("rdpmc" : : "c"(0) : "eax", "edx", "memory");
}

NADIR_ABI u32 work(void*, u32) {
    FaultGuard guard;
    write_dr0(first_mark);
    read_dr0();
    control_registers();
    write_cr3(read_cr3());
    const u32 vector = guarded(
        guard, [](void*) { write_cr3(bad_cr3); }, nullptr);
    descriptor_tables();
    guarded(
        guard, [](void*) { asm volatile("ltr %w0"
                                        :
                                        : "r"(0)
                                        : "memory"); }, nullptr);
    counters();
    write_dr0(last_mark);
    return vector;
}

struct Exits {
    u64 of[NADIR_EXIT_REASONS];
};

void count_exits(const nadir_session* session, u32 number, Exits& exits) {
    static nadir_statistics statistics;
    nadir_get_statistics(session, number, &statistics);
    for (u32 i = 0; i < NADIR_EXIT_REASONS; ++i)
        exits.of[i] = statistics.exits[i];
}

// Of the reasons that only a watch brings, and of what ends a step.
void print_growth(const char* when, u32 number, const Exits& before, const Exits& after) {
    constexpr struct {
        const char* name;
        u32 reason;
    } reasons[] = {{"cr", 28},     {"dr", 29},    {"table", 46}, {"segment", 47},     {"rdtsc", 16},
                   {"rdtscp", 51}, {"rdpmc", 15}, {"step", 0},   {"monitor trap", 37}};
    print("exits of processor %u %s:", number, when);
    for (const auto& one : reasons)
        print(" %s %llu", one.name, after.of[one.reason] - before.of[one.reason]);
    print("\n");
}

const char* print_events(const nadir_session* session, u32 number) {
    static nadir_events_read_request request;
    request = {};
    request.processor = number;
    bool between = false;
    do {
        if (nadir_events_read(session, &request) != NADIR_OK)
            return "events can't be read";
        for (u32 i = 0; i < request.count; ++i) {
            const nadir_event& e = request.events[i];
            const bool mark = e.kind == NADIR_EVENT_DEBUG_REGISTER && e.word[0] == 0;
            between = between || (mark && e.word[1] == first_mark);
            if (between)
                print("register event of processor %u: kind %u words %llx %llx %llx outcome %u\n", number, e.kind,
                      e.word[0], e.word[1], e.word[2], e.outcome);
            between = between && !(mark && e.word[1] == last_mark);
        }
    } while (request.count != 0);
    return nullptr;
}

const char* watch(nadir_session* session, const nadir_event_filter& filter, const char* when) {
    static Exits before, after;
    nadir_report report{};
    if (nadir_events_begin(session, &filter, &report) != NADIR_OK)
        return "the events weren't begun";
    for (u32 i = 0; i < processor_count(); ++i) {
        count_exits(session, i, before);
        if (run_on(i, work, nullptr) == no_fault)
            return "a bad CR3 was accepted";
        count_exits(session, i, after);
        print_growth(when, i, before, after);
    }
    const char* why = nullptr;
    for (u32 i = 0; i < processor_count() && why == nullptr; ++i)
        why = print_events(session, i);
    if (why == nullptr && nadir_events_end(session, &report) != NADIR_OK)
        why = "the events didn't end";
    return why;
}

void unwatched(const nadir_session* session, const char* when) {
    static Exits before, after;
    for (u32 i = 0; i < processor_count(); ++i) {
        count_exits(session, i, before);
        run_on(i, work, nullptr);
        count_exits(session, i, after);
        print_growth(when, i, before, after);
    }
}

} // namespace

const char* run_register_events(const Options& options) {
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    for (u32 i = 0; i < processor_count(); ++i)
        print("tables of processor %u: cr0 %llx cr3 %llx cr4 %llx table %llx\n", i, read_cr0(), read_cr3(), read_cr4(),
              reinterpret_cast<u64>(&table));
    unwatched(session, "before");
    const char* why = watch(session, {all_kinds, 0, {}, 0, 0, {}}, "watched");
    unwatched(session, "after");
    if (why == nullptr)
        why = watch(session,
                    {1u << NADIR_EVENT_CONTROL_REGISTER | 1u << NADIR_EVENT_DEBUG_REGISTER,
                     1,
                     {{NADIR_RANGE_CONTROL_REGISTER, 4, 4}},
                     0,
                     0,
                     {}},
                    "of CR4");
    unwatched(session, "at the end");
    if (why != nullptr)
        return why;
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
