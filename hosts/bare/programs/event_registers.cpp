// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=event_registers: with each event come the general registers as they were before its instruction, behind it and with its
// number, also while one processor writes as fast as it can and another one reads.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 leaf = 0x4142'4344;
constexpr u32 storm_steps = 5000;
constexpr u32 records = 1 + NADIR_EVENT_REGISTER_PARTS;

// Every register that a program can fill has its own value; the answer overwrites four of them.
NADIR_ABI u32 work(void*, u32) {
    asm volatile("mov $0x8888, %%r8d\n\t"
                 "mov $0x9999, %%r9d\n\t"
                 "movabs $0xAAAAAAAAAAAAAAAA, %%r10\n\t"
                 "mov $0xBBBB, %%r11d\n\t"
                 "mov $0xCCCC, %%r12d\n\t"
                 "mov $0xDDDD, %%r13d\n\t"
                 "mov $0xEEEE, %%r14d\n\t"
                 "mov $0xFFFF, %%r15d\n\t"
                 "mov $0xB, %%ebx\n\t"
                 "mov $0x51, %%esi\n\t"
                 "mov $0xD1, %%edi\n\t"
                 "stc\n\t"
                 "cpuid"
                 :
                 : "a"(leaf), "c"(0xC), "d"(0xD)
                 : "rbx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
    return 0;
}

NADIR_ABI u32 storm(void*, u32) {
    for (u32 i = 0; i < storm_steps; ++i)
        cpuid(leaf, i);
    return 0;
}

struct Seen {
    u64 next, events, parts, lost;
};

// Of every record: is it what its number says?
const char* read(const nadir_session* session, u32 number, Seen& seen, bool printed) {
    static nadir_events_read_request request;
    request.processor = number;
    request.next = seen.next;
    if (nadir_events_read(session, &request) != NADIR_OK)
        return "events can't be read";
    seen.lost += request.lost;
    seen.next = request.next;
    for (u32 i = 0; i < request.count; ++i) {
        const nadir_event& record = request.events[i];
        const u32 place = (record.sequence - 1) % records;
        if ((record.kind == NADIR_EVENT_REGISTERS) != (place != 0))
            return "a record is not where it belongs";
        if (place == 0) {
            ++seen.events;
            continue;
        }
        nadir_event_registers part;
        __builtin_memcpy(&part, &record, sizeof part);
        ++seen.parts;
        if (part.part != place - 1 || static_cast<u32>(part.event) + 1 + part.part != record.sequence - 1)
            return "registers belong to another event";
        if (printed)
            print("registers %u of processor %u: %llx %llx %llx %llx %llx %llx\n", part.part, number, part.value[0],
                  part.value[1], part.value[2], part.value[3], part.value[4], part.value[5]);
    }
    return nullptr;
}

bool begin(nadir_session* session) {
    nadir_report report{};
    nadir_event_filter filter{1u << NADIR_EVENT_CPUID, 1, {{NADIR_RANGE_CPUID_LEAF, leaf, leaf}}, 0, 0, {}};
    filter.options = NADIR_EVENT_OPTION_REGISTERS;
    return nadir_events_begin(session, &filter, &report) == NADIR_OK;
}

const char* each_once(nadir_session* session) {
    for (u32 i = 0; i < processor_count(); ++i) {
        Seen seen{};
        run_on(i, work, nullptr);
        if (const char* why = read(session, i, seen, true); why != nullptr)
            return why;
        print("processor %u: %llu events, %llu parts, %llu lost\n", i, seen.events, seen.parts, seen.lost);
    }
    return nullptr;
}

// The last processor writes; this one reads at once, if it is another.
const char* in_a_storm(nadir_session* session) {
    const u32 writer = processor_count() - 1;
    Seen seen{};
    if (writer != 0)
        begin_on(writer, storm, nullptr);
    else
        storm(nullptr, 0);
    // It has written one event before.
    while (seen.next < u64{records} * (storm_steps + 1))
        if (const char* why = read(session, writer, seen, false); why != nullptr)
            return why;
    if (writer != 0)
        wait_for(writer);
    if (seen.events + seen.parts + seen.lost != seen.next)
        return "a record was neither seen nor lost";
    print("storm: %llu records, %llu lost\n", seen.next, seen.lost);
    return nullptr;
}

} // namespace

const char* run_event_registers(const Options& options) {
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    if (!begin(session))
        return "the events weren't begun";
    constexpr const char* (*parts[])(nadir_session*) = {each_once, in_a_storm};
    for (const auto part : parts)
        if (const char* why = part(session); why != nullptr)
            return why;
    nadir_report report{};
    if (nadir_events_end(session, &report) != NADIR_OK)
        return "the events didn't end";
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
