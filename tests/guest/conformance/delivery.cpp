// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How events are delivered when an exit stands behind them, and instructions that Nadir leaves to the processor.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" {
void sequence_halt();
extern u64 watched_selector;
}

constexpr u64 not_mapped = 0xFFFF'FFFF'0000'0000;

// The interrupt descriptor table ends behind vector 8: a #GP can't be delivered, its #GP neither, that is a #DF.
void trace_double_faults() {
    TablePointer whole{};
    asm volatile("sidt %0" : "=m"(whole));
    static TablePointer cut;
    cut = {9 * 16 - 1, whole.base};
    const u64 rbx = reinterpret_cast<u64>(&cut);
    const auto again = [&] { asm volatile("lidt %0" : : "m"(whole)); };
    probe("double fault by xsetbv", {7, rbx, 1, 0}, NADIR_INSTRUCTION("lidt (%%rbx); xsetbv"));
    again();
    probe("double fault by wrmsr", {2, rbx, 0x200, 0}, NADIR_INSTRUCTION("lidt (%%rbx); wrmsr"));
    again();
    probe("double fault by mov cr4", {1ull << 63 | read_cr4() | cr4_vmxe, rbx, 0, 0},
          NADIR_INSTRUCTION("lidt (%%rbx); mov %%rax, %%cr4"));
    again();
    probe("short idt and vmread", {0, rbx, 0, 0}, NADIR_INSTRUCTION("lidt (%%rbx); vmread %%rax, %%rbx"));
    again();
}

// A data breakpoint that MOV SS holds back, and then an instruction that faults.
void trace_held_back() {
    constexpr u64 dr7_access_0 = 0x401 | 0x7ull << 16; // L0; RW0 11, LEN0 01
    constexpr auto load = [](const char* name, void (*body)(void*)) {
        write_dr0(reinterpret_cast<u64>(&watched_selector));
        write_dr6(0xFFFF'0FF0);
        write_dr7(dr7_access_0);
        probe(name, {0, reinterpret_cast<u64>(&watched_selector), 0, 0}, body);
        write_dr7(0x400);
        print("exits %s: dr6 %llx\n", name, read_dr6());
        write_dr6(0xFFFF'0FF0);
    };
    load("watch mov ss and ud2", NADIR_INSTRUCTION("movw (%%rbx), %%ss; ud2"));
    load("watch mov ss and vmread", NADIR_INSTRUCTION("movw (%%rbx), %%ss; vmread %%rax, %%rbx"));
}

void trace_string_io() {
    static const u8 text[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    constexpr auto outs =
        NADIR_INSTRUCTION("xchgq %%rbx, %%rsi; cld; rep outsb; xchgq %%rbx, %%rsi; subq %%rax, %%rbx");
    const u64 address = reinterpret_cast<u64>(text);
    probe("rep outsb", {address, address, 8, 0x80}, outs);
    probe("rep outsb not mapped", {0, not_mapped, 8, 0x80}, outs);
    probe("rep outsb not canonical", {0, 1ull << 62, 8, 0x80}, outs);
}

// HLT has to wait for it: whoever skips a HLT comes to the end of the sequence without an interrupt.
void trace_long_halt() {
    start_local_timer(0x40, 200'000);
    trace("halt until the timer", sequence_halt);
    stop_local_timer();
}

} // namespace

void trace_delivery() {
    trace_double_faults();
    trace_held_back();
    trace_string_io();
    trace_long_halt();
}

} // namespace nadir::conformance
