// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What events cost, for test=bench: in ticks, as there.
#include "hosts/bare/programs/bench_events.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 msr_star = 0xC000'0081;
constexpr u32 msr_lstar = 0xC000'0082;
constexpr u32 msr_cstar = 0xC000'0083;
constexpr u32 msr_fmask = 0xC000'0084;
constexpr u64 efer_sce = 1;
constexpr u8 test_vector = 0x40;

// At CPL 0, and back to where it came from.
void prepare_system_calls() {
    write_msr(msr_star, u64{selector_code} << 32);
    write_msr(msr_fmask, 0);
    u64 entry;
    asm volatile("leaq 1f(%%rip), %0; jmp 2f; 1: jmpq *%%rcx; 2:" : "=r"(entry));
    write_msr(msr_lstar, entry);
    write_msr(msr_efer, read_msr(msr_efer) | efer_sce);
}
void end_system_calls() { write_msr(msr_efer, read_msr(msr_efer) & ~efer_sce); }

void one_interrupt() {
    send_ipi(0, icr_fixed | icr_self | test_vector);
    asm volatile("sti; nop; nop; nop; nop; cli" : : : "memory");
}

void one_exception() {
    FaultGuard guard;
    guarded(
        guard, [](void*) { asm volatile("ud2"); }, nullptr);
}

struct Kind {
    const char* name;
    nadir_event_kind kind;
    u32 each; // events of one deed
    void (*deed)();
};

TablePointer table;

// The other kinds exit anyway: XSETBV, VMX instructions.
constexpr Kind kinds[] = {
    {"cpuid", NADIR_EVENT_CPUID, 1, [] { cpuid(0); }},
    {"rdmsr", NADIR_EVENT_RDMSR, 1, [] { read_msr(msr_cstar); }},
    {"wrmsr", NADIR_EVENT_WRMSR, 1, [] { write_msr(msr_cstar, 0); }},
    {"control_register", NADIR_EVENT_CONTROL_REGISTER, 2,
     [] {
         const u64 cr4 = read_cr4();
         write_cr4(cr4 ^ cr4_pge);
         write_cr4(cr4);
     }},
    {"address_space", NADIR_EVENT_ADDRESS_SPACE, 1, [] { write_cr3(read_cr3()); }},
    {"debug_register", NADIR_EVENT_DEBUG_REGISTER, 1, [] { write_dr0(0); }},
    {"descriptor_table", NADIR_EVENT_DESCRIPTOR_TABLE, 1, [] { asm volatile("sgdt %0"
                                                                            : "=m"(table)); }},
    {"rdtsc", NADIR_EVENT_RDTSC, 1, [] { read_tsc(); }},
    {"rdpmc", NADIR_EVENT_RDPMC, 1, [] { asm volatile("rdpmc"
                                                      :
                                                      : "c"(0)
                                                      : "eax", "edx", "memory"); }},
    {"io", NADIR_EVENT_IO, 1, [] { out8(0x80, 0); }},
    {"exception", NADIR_EVENT_EXCEPTION, 1, one_exception},
    {"interrupt", NADIR_EVENT_INTERRUPT, 1, one_interrupt},
    {"system_call", NADIR_EVENT_SYSTEM_CALL, 1, [] { asm volatile("syscall"
                                                                  :
                                                                  : "a"(0)
                                                                  : "rcx", "r11", "memory"); }},
};

u64 loop(u32 rounds, void (*deed)()) {
    deed(); // tables and caches warm
    const u64 start = read_tsc();
    for (u32 i = 0; i < rounds; ++i)
        deed();
    return read_tsc() - start;
}

u64 loop_of_all(u32 rounds) {
    u64 ticks = 0;
    for (const Kind& one : kinds)
        ticks += loop(rounds, one.deed);
    return ticks;
}

bool begin(nadir_session* session, u32 asked) {
    nadir_report report{};
    const nadir_event_filter filter{asked, 0, {}, 0, 0, {}};
    return nadir_events_begin(session, &filter, &report) == NADIR_OK;
}

bool end(nadir_session* session) {
    nadir_report report{};
    return nadir_events_end(session, &report) == NADIR_OK;
}

const char* measure_each(nadir_session* session, u32 rounds) {
    for (const Kind& one : kinds) {
        const u64 without = loop(rounds, one.deed);
        if (!begin(session, 1u << one.kind))
            return "the events weren't begun";
        const u64 with = loop(rounds, one.deed);
        if (!end(session))
            return "the events didn't end";
        print("\"event_%s\": %llu, ", one.name, (with - without) / (u64{rounds} * one.each));
    }
    return nullptr;
}

const char* measure_all(nadir_session* session, u32 rounds) {
    u32 asked = 0;
    for (const Kind& one : kinds)
        asked |= 1u << one.kind;
    const u64 without = loop_of_all(rounds);
    if (!begin(session, asked))
        return "the events weren't begun";
    const u64 with = loop_of_all(rounds);
    print("\"watched_loop_percent\": %llu}\n", with * 100 / without);
    return end(session) ? nullptr : "the events didn't end";
}

} // namespace

const char* measure_events(const Options& options) {
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start for the events";
    const u32 spurious = enable_local_apic();
    prepare_system_calls();
    print("@@ bench events {");
    const char* why = measure_each(session, options.cycles);
    why = why != nullptr ? why : measure_all(session, options.cycles);
    end_system_calls();
    restore_local_apic(spurious);
    return stop_nadir(session) == NADIR_OK ? why : "Nadir with events didn't stop";
}

} // namespace nadir::bare
