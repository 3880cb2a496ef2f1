// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=traffic: events of I/O instructions, exceptions, interrupts and system calls. What is asked for leaves its event, an
// instruction beside it none; a storm's losses are counted; and afterwards nothing exits that didn't before.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 kind_io = 1u << NADIR_EVENT_IO;
constexpr u32 kind_exception = 1u << NADIR_EVENT_EXCEPTION;
constexpr u32 kind_interrupt = 1u << NADIR_EVENT_INTERRUPT;
constexpr u32 kind_system_call = 1u << NADIR_EVENT_SYSTEM_CALL;
constexpr u32 all_kinds = kind_io | kind_exception | kind_interrupt | kind_system_call;
constexpr u8 test_vector = 0x40;
constexpr u32 storm_steps = 2000;

// Port 80H and those of a word behind it; #UD to #DF, #GP, #PF.
constexpr nadir_event_filter chosen{all_kinds,
                                    5,
                                    {{NADIR_RANGE_IO_PORT, 0x80, 0x80},
                                     {NADIR_RANGE_IO_PORT, 0x84, 0x85},
                                     {NADIR_RANGE_EXCEPTION, 0, 3},
                                     {NADIR_RANGE_EXCEPTION, 6, 6},
                                     {NADIR_RANGE_EXCEPTION, 14, 14}},
                                    0,
                                    0,
                                    {}};

void in_and_out() {
    out8(0x80, 0x12);
    out8(0x81, 0x13); // none
    out16(0x83, 0x1415);
    out16(0x85, 0x1617);
    out16(0x86, 0x1819); // none
    (void)in8(0x80);
    static const u8 text[3] = {1, 2, 3};
    const u8* at = text;
    u64 count = sizeof text;
    asm volatile("cld; rep outsb" : "+S"(at), "+c"(count) : "d"(0x80) : "memory");
}

void exceptions() {
    constexpr u64 not_mapped = 0xFFFF'FFFF'0000'0000;
    FaultGuard guard;
    guarded(
        guard, [](void*) { asm volatile("ud2"); }, nullptr);
    guarded(
        guard, [](void*) { asm volatile("int3"); }, nullptr);
    guarded(
        guard, [](void*) { asm volatile(".byte 0xf1"); }, nullptr);
    guarded(
        guard,
        [](void* p) {
            asm volatile("movb $0, (%0)" : : "r"(p) : "memory");
        },
        reinterpret_cast<void*>(not_mapped));
    guarded(
        guard, [](void*) { asm volatile("movl %0, %%es"
                                        :
                                        : "r"(0xFFF8)); }, nullptr); // #GP: none
    guarded(
        guard, [](void*) { asm volatile("divl %0"
                                        :
                                        : "r"(0), "a"(0), "d"(0)); }, nullptr);
}

void interrupts() {
    send_ipi(0, icr_fixed | icr_self | test_vector);
    wait_microseconds(20);
    asm volatile("sti; nop; cli" : : : "memory");
    asm volatile("int %0" : : "i"(test_vector + 1) : "memory"); // by software: none
}

// It comes back at once: at CPL 0, to where SYSCALL was.
void system_call() {
    constexpr u32 msr_star = 0xC000'0081;
    constexpr u32 msr_lstar = 0xC000'0082;
    constexpr u32 msr_fmask = 0xC000'0084;
    constexpr u64 efer_sce = 1;
    write_msr(msr_star, u64{selector_code} << 32);
    write_msr(msr_fmask, 0);
    u64 entry;
    asm volatile("leaq 1f(%%rip), %0; jmp 2f; 1: jmpq *%%rcx; 2:" : "=r"(entry));
    write_msr(msr_lstar, entry);
    write_msr(msr_efer, read_msr(msr_efer) | efer_sce);
    u64 number = 0x1001;
    asm volatile("syscall" : "+a"(number) : "D"(0x2002), "S"(0x3003) : "rcx", "r11", "memory");
    write_msr(msr_efer, read_msr(msr_efer) & ~efer_sce);
    FaultGuard guard;
    guarded(
        guard, [](void*) { asm volatile("syscall"
                                        :
                                        :
                                        : "rcx", "r11", "memory"); }, nullptr); // refused: #UD
}

NADIR_ABI u32 work(void*, u32) {
    const u32 spurious = enable_local_apic();
    in_and_out();
    exceptions();
    interrupts();
    system_call();
    restore_local_apic(spurious);
    return 0;
}

NADIR_ABI u32 storm(void*, u32) {
    FaultGuard guard;
    for (u32 i = 0; i < storm_steps; ++i)
        guarded(
            guard, [](void*) { asm volatile("ud2"); }, nullptr);
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

// All events of a processor; printed, or counted.
const char* read_all(const nadir_session* session, u32 number, bool printed) {
    static nadir_events_read_request request;
    u64 events = 0;
    u64 lost = 0;
    request = {};
    do {
        request.processor = number;
        if (nadir_events_read(session, &request) != NADIR_OK)
            return "events can't be read";
        events += request.count;
        lost += request.lost;
        for (u32 i = 0; i < request.count && printed; ++i) {
            const nadir_event& e = request.events[i];
            print("event of processor %u: kind %u words %llx %llx %llx outcome %u level %u\n", number, e.kind,
                  e.word[0], e.word[1], e.word[2], e.outcome, e.privilege_level);
        }
    } while (request.count != 0);
    if (!printed)
        print("storm of processor %u: events %llu lost %llu\n", number, events, lost);
    return nullptr;
}

const char* read_from_all(const nadir_session* session, bool printed) {
    const char* why = nullptr;
    for (u32 i = 0; i < processor_count() && why == nullptr; ++i)
        why = read_all(session, i, printed);
    return why;
}

const char* watched_work(nadir_session* session) {
    if (begin(session, chosen) != NADIR_OK)
        return "the events weren't begun";
    // One after the other: they wait by the same timer.
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, work, nullptr);
    const char* why = read_from_all(session, true);
    return why == nullptr && end(session) != NADIR_OK ? "the events didn't end" : why;
}

const char* watched_storm(nadir_session* session) {
    if (begin(session, {kind_exception, 0, {}, 0, 0, {}}) != NADIR_OK)
        return "the events weren't begun for the storm";
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, storm, nullptr);
    storm(nullptr, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    const char* why = read_from_all(session, false);
    return why == nullptr && end(session) != NADIR_OK ? "the events of the storm didn't end" : why;
}

// What the guest has turned on stays on, whoever watches meanwhile.
const char* kept_enable(nadir_session* session) {
    constexpr u64 efer_sce = 1;
    const u64 before = read_msr(msr_efer);
    write_msr(msr_efer, before | efer_sce);
    if (begin(session, {kind_system_call, 0, {}, 0, 0, {}}) != NADIR_OK)
        return "the system calls weren't begun";
    const u64 watched = read_msr(msr_efer);
    if (end(session) != NADIR_OK)
        return "the system calls didn't end";
    const u64 after = read_msr(msr_efer);
    write_msr(msr_efer, before);
    return watched == (before | efer_sce) && after == watched ? nullptr : "IA32_EFER.SCE isn't what the guest wrote";
}

struct Exits {
    u64 exceptions, interrupts, windows, io, reads, writes;

    bool operator==(const Exits&) const = default;
};

Exits exits(const nadir_session* session, u32 number) {
    static nadir_statistics statistics;
    nadir_get_statistics(session, number, &statistics);
    const auto& count = statistics.exits;
    return {count[0], count[1], count[7], count[30], count[31], count[32]};
}

const char* nothing_exits_any_more(nadir_session* session) {
    for (u32 i = 0; i < processor_count(); ++i) {
        const Exits before = exits(session, i);
        run_on(i, work, nullptr);
        if (exits(session, i) != before)
            return "something exits that didn't before";
    }
    return nullptr;
}

} // namespace

const char* run_traffic(const Options& options) {
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    constexpr const char* (*parts[])(nadir_session*) = {nothing_exits_any_more, watched_work, nothing_exits_any_more,
                                                        watched_storm,          kept_enable,  nothing_exits_any_more};
    for (const auto part : parts)
        if (const char* why = part(session); why != nullptr)
            return why;
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
