// SPDX-License-Identifier: MIT OR GPL-2.0-only
// I/O instructions: widths, what they leave of RAX, single steps, shadows and I/O breakpoints; interrupts that have to wait; and
// exceptions of all kinds.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" {
void sequence_step_io();
void sequence_step_string_io();
void sequence_sti_io();
void sequence_io_breakpoint();
}

constexpr u64 all_ones = ~u64{0};
constexpr u64 dr6_initial = 0xFFFF'0FF0;

void trace_widths() {
    // An unused port reads as all ones.
    constexpr u64 nobody = 0x2F0;
    probe("in al", {0x1234'5678'9ABC'DE00, 0, 0, nobody}, NADIR_INSTRUCTION("inb %%dx, %%al"));
    probe("in ax", {0x1234'5678'9ABC'0000, 0, 0, nobody}, NADIR_INSTRUCTION("inw %%dx, %%ax"));
    probe("in eax", {0x1234'5678'0000'0000, 0, 0, nobody}, NADIR_INSTRUCTION("inl %%dx, %%eax"));
    probe("in al, immediate", {all_ones << 8, 0, 0, 0}, NADIR_INSTRUCTION("outb %%al, $0x80; inb $0x80, %%al"));
    probe("out", {all_ones, 0, 0, 0x80}, NADIR_INSTRUCTION("outb %%al, %%dx; outw %%ax, %%dx; outl %%eax, %%dx"));
    probe("in behind the last port", {0, 0, 0, 0xFFFF}, NADIR_INSTRUCTION("inl %%dx, %%eax"));
    // The PIC's mask goes out and comes back.
    probe("a device", {0x5A, 0, 0, 0},
          NADIR_INSTRUCTION("inb $0x21, %%al; movb %%al, %%bl; movb $0x5A, %%al; outb %%al, $0x21; xorl %%eax, %%eax;"
                            "inb $0x21, %%al; xchgb %%al, %%bl; outb %%al, $0x21; movzbl %%bl, %%ebx"));
}

void trace_io_breakpoint(const char* name, u64 port, u64 dr7, bool extensions) {
    constexpr u64 cr4_de = 1u << 3;
    const u64 cr4 = read_cr4();
    write_cr4(extensions ? cr4 | cr4_de : cr4 & ~cr4_de);
    write_dr0(port);
    write_dr1(port);
    write_dr6(dr6_initial);
    write_dr7(0x400 | dr7);
    trace(name, sequence_io_breakpoint);
    print("exits %s: dr6 %llx\n", name, read_dr6());
    write_dr7(0x400);
    write_dr6(dr6_initial);
    write_cr4(cr4);
}

void trace_breakpoints() {
    constexpr u64 l0 = 1;
    constexpr u64 l1 = 4;
    constexpr u64 io_0 = 2ull << 16;
    constexpr u64 io_1 = 2ull << 20;
    constexpr u64 two_bytes_0 = 1ull << 18;
    trace_io_breakpoint("io breakpoint", 0x80, l0 | io_0, true);
    trace_io_breakpoint("io breakpoint, two bytes", 0x81, l0 | io_0 | two_bytes_0, true);
    trace_io_breakpoint("io breakpoint, another port", 0x84, l0 | io_0, true);
    trace_io_breakpoint("io breakpoint, one of two enabled", 0x80, l1 | io_0 | io_1, true);
    trace_io_breakpoint("io breakpoint, none enabled", 0x80, io_0, true);
}

constexpr u8 test_vector = 0x40;

void print_interrupt(const char* when, u8 vector) {
    const InterruptState state = interrupt_state(vector);
    print("exits interrupt %x %s: pending %u in service %u, %u so far\n", vector, when, u32{state.pending},
          u32{state.in_service}, this_processor().vector_counts[vector]);
}

void send_to_self(u8 vector) {
    send_ipi(0, icr_fixed | icr_self | vector);
    wait_microseconds(20);
}

// With IF = 0 an interrupt waits in the local APIC, where it can be seen, and is behind a more urgent one that comes later.
void trace_waiting_interrupts() {
    constexpr u8 urgent = 0x60;
    constexpr u64 above_test_vector = 5; // CR8
    asm volatile("sti; nop; cli" : : : "memory");
    send_to_self(test_vector);
    print_interrupt("with if 0", test_vector);
    send_to_self(urgent);
    print_interrupt("with if 0", urgent);
    write_cr8(above_test_vector);
    asm volatile("sti; nop; nop; cli" : : : "memory");
    print_interrupt("behind the threshold", test_vector);
    print_interrupt("above the threshold", urgent);
    write_cr8(0);
    print_interrupt("again", test_vector);
    asm volatile("sti; nop; nop; cli" : : : "memory");
    print_interrupt("at last", test_vector);
    // One that comes while interrupts are taken.
    asm volatile("sti" : : : "memory");
    send_to_self(urgent);
    asm volatile("cli" : : : "memory");
    print_interrupt("at once", urgent);
    // And in the shadow of STI and of MOV SS.
    send_to_self(test_vector);
    trace("sti and io", sequence_sti_io);
}

} // namespace

void trace_io() {
    about("%s", "");
    trace_widths();
    trace("step over io", sequence_step_io);
    trace("step over string io", sequence_step_string_io);
    trace_waiting_interrupts();
    trace_breakpoints();
    probe("int3", {0, 0, 0, 0}, NADIR_INSTRUCTION("int3"));
    probe("icebp", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0xf1"));
    probe("int 3 of two bytes", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0xcd, 3"));
    probe("divide by zero", {0, 0, 0, 0}, NADIR_INSTRUCTION("divl %%ecx"));
    probe("page fault", {0, 0, 0xFFFF'FFFF'0000'0123, 0}, NADIR_INSTRUCTION("movb %%al, (%%rcx)"));
    print("exits page fault: cr2 %llx\n", read_cr2());
    probe("not canonical", {0, 0, 1ull << 62, 0}, NADIR_INSTRUCTION("movb %%al, (%%rcx)"));
    probe("selector beyond the table", {0xFFF8, 0, 0, 0}, NADIR_INSTRUCTION("movw %%ax, %%es"));
    probe("iret to a selector beyond the table", {0, 0, 0, 0},
          NADIR_INSTRUCTION("pushq $0x10; pushq $0; pushq $2; pushq $0xFFF8; pushq $0; iretq"));
}

} // namespace nadir::conformance
