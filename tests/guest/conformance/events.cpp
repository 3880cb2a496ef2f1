// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" {
void sequence_step();
void sequence_step_mov_ss();
void sequence_sti();
void sequence_sti_twice();
void sequence_mov_ss();
void sequence_popf();
void sequence_halt();
void sequence_breakpoint();
void sequence_watch_mov_ss();
void sequence_watch_mov_ss_int();
void sequence_watch_write();
void sequence_flags();
extern const u8 breakpoint_at_cpuid[];
extern const u8 breakpoint_after_cpuid[];
extern u64 watched_selector;
extern u64 flags_seen;
}

constexpr u8 test_vector = 0x40;
constexpr u64 dr7_always = 0x400;
constexpr u64 dr7_execute_0_and_1 = 0x5;         // L0, L1; both RW 00
constexpr u64 dr7_access_0 = 0x1 | 0x7ull << 16; // L0; RW0 11, LEN0 01
constexpr u64 dr7_write_0 = 0x1 | 0x5ull << 16;  // L0; RW0 01, LEN0 01
constexpr u64 dr6_initial = 0xFFFF'0FF0;

// The interrupt is pending when the sequence begins.
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

} // namespace

void trace_events() {
    if ((read_cr4() & cr4_osxsave) != 0)
        trace("step", sequence_step);
    trace("step mov ss", sequence_step_mov_ss);
    trace_interrupt("sti", sequence_sti);
    trace_interrupt("sti twice", sequence_sti_twice);
    trace_interrupt("mov ss", sequence_mov_ss);
    trace_interrupt("popf", sequence_popf);
    trace_interrupt("halt", sequence_halt);
    const u64 word = reinterpret_cast<u64>(&watched_selector);
    trace_breakpoints("breakpoint", sequence_breakpoint, reinterpret_cast<u64>(breakpoint_at_cpuid),
                      reinterpret_cast<u64>(breakpoint_after_cpuid), dr7_execute_0_and_1);
    trace_breakpoints("watch mov ss", sequence_watch_mov_ss, word, 0, dr7_access_0);
    trace_breakpoints("watch mov ss int", sequence_watch_mov_ss_int, word, 0, dr7_access_0);
    trace_breakpoints("watch write", sequence_watch_write, word, 0, dr7_write_0);
    sequence_flags();
    print("exits flags: %llx\n", flags_seen);
    print("exits interrupts so far: %llu\n", this_processor().interrupt_count);
}

} // namespace nadir::conformance
