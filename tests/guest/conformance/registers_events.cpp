// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions on system registers that somebody may watch: with single steps, shadows, breakpoints and interrupts around them,
// what they refuse, and the flags in the frame of a fault.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" {
void sequence_step_registers();
void sequence_step_mov_ss_register();
void sequence_sti_register();
void sequence_mov_ss_register();
void sequence_popf_register();
void sequence_breakpoint_register();
void sequence_watch_table();
void sequence_watch_mov_ss_register();
void sequence_register_flags();
extern const u8 breakpoint_at_register[];
extern const u8 breakpoint_after_register[];
extern u8 table_seen[16];
extern u64 selector_watched;
extern u64 register_flags_seen;
}

constexpr u8 test_vector = 0x40;
constexpr u64 dr7_always = 0x400;
constexpr u64 dr7_execute_0_and_1 = 0x5;
constexpr u64 dr7_write_8_at_0 = 0x1 | 0x9ull << 16; // L0; RW0 01, LEN0 10
constexpr u64 dr7_access_word_at_0 = 0x1 | 0x7ull << 16;
constexpr u64 dr7_without_enable = 0x9ull << 16;
constexpr u64 dr6_initial = 0xFFFF'0FF0;

void trace_interrupt(const char* name, void (*sequence)()) {
    send_ipi(0, icr_fixed | icr_self | test_vector);
    wait_microseconds(20);
    trace(name, sequence);
}

void trace_breakpoints(const char* name, void (*sequence)(), u64 dr0, u64 dr1, u64 dr7) {
    write_dr0(dr0);
    write_dr1(dr1);
    write_dr6(dr6_initial);
    write_dr7(dr7_always | dr7);
    trace(name, sequence);
    print("exits %s: dr6 %llx dr7 %llx\n", name, read_dr6(), read_dr7());
    write_dr7(dr7_always);
    write_dr6(dr6_initial);
}

// What a fault's frame has of RFLAGS: IF and TF are the guest's own, RF is set.
void trace_fault_flags(const char* name, void (*body)(void*)) {
    FaultGuard guard{};
    const u32 vector = guarded(guard, body, nullptr);
    constexpr u64 arithmetic = 0x8D5;
    print("exits %s: exception %u error %x rflags %llx dr6 %llx\n", name, vector, guard.error_code,
          guard.rflags & ~arithmetic, guard.dr6);
    asm volatile("cli");
}

void trace_faults() {
    trace_fault_flags("bad cr3 with if", [](void*) {
        asm volatile("sti; nop; mov %0, %%cr3" : : "r"(1ull << 62) : "memory");
    });
    trace_fault_flags("bad cr3 behind sti", [](void*) {
        asm volatile("sti; mov %0, %%cr3" : : "r"(1ull << 62) : "memory");
    });
    trace_fault_flags("bad cr0 with if", [](void*) {
        asm volatile("sti; nop; mov %0, %%cr0" : : "r"(1ull << 32) : "memory");
    });
    trace_fault_flags("bad dr7 with if", [](void*) {
        asm volatile("sti; nop; mov %0, %%dr7" : : "r"(1ull << 32) : "memory");
    });
    trace_fault_flags("lgdt from nowhere", [](void*) { asm volatile("lgdt (%0)" : : "r"(1ull << 62) : "memory"); });
    trace_fault_flags("lidt from an unmapped page", [](void*) {
        asm volatile("sti; nop; lidt (%0)" : : "r"(0xFFFF'FFFF'0000'0456) : "memory");
    });
    print("exits lidt from an unmapped page: cr2 %llx\n", read_cr2());
    trace_fault_flags("sgdt to an unmapped page", [](void*) {
        asm volatile("sgdt (%0)" : : "r"(0xFFFF'FFFF'0000'0789) : "memory");
    });
    print("exits sgdt to an unmapped page: cr2 %llx\n", read_cr2());
    trace_fault_flags("ltr of nothing", [](void*) { asm volatile("ltr %w0" : : "r"(0) : "memory"); });
    trace_fault_flags("lldt beyond the table", [](void*) { asm volatile("lldt %w0" : : "r"(0xFFF8) : "memory"); });
    trace_fault_flags("cr8 too large", [](void*) { asm volatile("mov %0, %%cr8" : : "r"(0x10ull) : "memory"); });
    trace_fault_flags("mov dr with gd", [](void*) {
        asm volatile("mov %0, %%dr7; sti; nop; mov %%dr0, %0" : : "r"(0x2400ull) : "memory");
    });
    write_dr7(dr7_always);
    write_dr6(dr6_initial);
}

void trace_tables() {
    alignas(16) static u8 table[16];
    const u64 at = reinterpret_cast<u64>(table);
    probe("sgdt", {0, at, 0, 0}, NADIR_INSTRUCTION("sgdt (%%rbx); movzwl (%%rbx), %%eax"));
    probe("lgdt", {0, at, 0, 0}, NADIR_INSTRUCTION("sgdt (%%rbx); lgdt (%%rbx); movzwl (%%rbx), %%eax"));
    probe("sidt", {0, at, 0, 0}, NADIR_INSTRUCTION("sidt (%%rbx); movzwl (%%rbx), %%eax"));
    probe("lidt", {0, at, 0, 0}, NADIR_INSTRUCTION("sidt (%%rbx); lidt (%%rbx); movzwl (%%rbx), %%eax"));
    probe("sldt", {~0ull, at, 0, 0}, NADIR_INSTRUCTION("sldt %%eax"));
    probe("sldt memory", {0, at, 0, 0}, NADIR_INSTRUCTION("sldt (%%rbx); movzwl (%%rbx), %%eax"));
    probe("str", {~0ull, 0, 0, 0}, NADIR_INSTRUCTION("str %%rax"));
    probe("lldt 0", {0, 0, 0, 0}, NADIR_INSTRUCTION("lldt %%ax"));
}

void trace_counters() {
    constexpr auto rdtsc =
        NADIR_INSTRUCTION("rdtsc; shl $32, %%rdx; or %%rdx, %%rax; mov %%rax, %%rbx; rdtsc; shl $32, "
                          "%%rdx; or %%rdx, %%rax; cmp %%rbx, %%rax; setae %%al; movzbl %%al, %%eax; "
                          "xor %%ebx, %%ebx; xor %%edx, %%edx");
    probe("rdtsc goes on", {~0ull, ~0ull, 0, ~0ull}, rdtsc);
    probe("rdtsc halves", {~0ull, 0, 0, ~0ull}, NADIR_INSTRUCTION("rdtsc; shr $32, %%rax; shr $32, %%rdx"));
    probe("rdtscp aux", {~0ull, 0, ~0ull, ~0ull}, NADIR_INSTRUCTION("rdtscp; shr $32, %%rax; shr $32, %%rdx"));
    constexpr u32 tsc_aux = 0xC000'0103;
    if (try_write_msr(tsc_aux, 0x8765'4321)) {
        probe("rdtscp aux set", {0, 0, ~0ull, 0}, NADIR_INSTRUCTION("rdtscp; xor %%eax, %%eax; xor %%edx, %%edx"));
        write_msr(tsc_aux, 0);
    }
    constexpr u64 counters[] = {0, 1, 7, 0x4000'0000, 0x8000'0000, 0xFFFF'FFFF};
    for (const u64 counter : counters) {
        about("counter %llx ", counter);
        probe("rdpmc", {~0ull, 0, counter, ~0ull}, NADIR_INSTRUCTION("rdpmc; shr $32, %%rax; shr $32, %%rdx"));
    }
    about("%s", "");
}

} // namespace

void trace_register_events() {
    about("%s", "");
    trace_tables();
    trace_counters();
    trace_faults();
    trace("step registers", sequence_step_registers);
    trace("step mov ss register", sequence_step_mov_ss_register);
    trace_interrupt("sti register", sequence_sti_register);
    trace_interrupt("mov ss register", sequence_mov_ss_register);
    trace_interrupt("popf register", sequence_popf_register);
    trace_breakpoints("breakpoint register", sequence_breakpoint_register,
                      reinterpret_cast<u64>(breakpoint_at_register), reinterpret_cast<u64>(breakpoint_after_register),
                      dr7_execute_0_and_1);
    const u64 table = reinterpret_cast<u64>(table_seen);
    trace_breakpoints("watch table", sequence_watch_table, table, 0, dr7_write_8_at_0);
    trace_breakpoints("watch table, not enabled", sequence_watch_table, table, 0, dr7_without_enable);
    trace_breakpoints("watch mov ss register", sequence_watch_mov_ss_register, reinterpret_cast<u64>(&selector_watched),
                      0, dr7_access_word_at_0);
    sequence_register_flags();
    print("exits register flags: %llx\n", register_flags_seen);
}

} // namespace nadir::conformance
