// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Real mode: its faults have no error code, IP is 16 bits wide, and CR0 and CR4 are written there, too.
#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

namespace {

// low.S knows the layout: what to load, then what was there.
struct RealArea {
    u32 ip, flags;
    Registers registers;
    u32 esp, vector, event_ip, event_cs, event_flags;
    u32 unused;
    u32 steps, steps_wanted;
    u16 step[16];
};
static_assert(__builtin_offsetof(RealArea, steps) == 48 && sizeof(RealArea) <= 96);

extern "C" {
extern const u8 low_area[];
extern const u8 low_real_stubs[];
void enter_real();
}

constexpr u32 interrupts = 0x5000;

u32& low_word(u32 address) {
    asm("" : "+r"(address)); // hidden from the compiler, which takes low addresses for null pointers
    return *reinterpret_cast<u32*>(address);
}

void fill_interrupts() {
    for (u32 vector = 0; vector < 256; ++vector) {
        const u32 stub = vector < 32 ? vector : 32;
        low_word(interrupts + vector * 4) = low_segment << 16 | (low_offset(low_real_stubs) + stub * 16);
    }
}

void print_real_event(const char* name) {
    line("%s: vector %x at %x:%x flags %x sp %x eax %x ebx %x ecx %x edx %x", name, last.vector, last.cs, last.eip,
         last.eflags, last.esp, last.eax, last.ebx, last.ecx, last.edx);
}

void trace(const char* name, const u8* code, const Registers& registers) {
    trace_real_entry(name, low_offset(code), registers, flags_fixed);
}

// CPUID in the segment's last bytes, and in those before.
void trace_the_end() {
    constexpr u32 cpuid_and_int = 0x60CD'A20F;
    u32& words = low_word(low_base + 0xFFFC);
    words = cpuid_and_int;
    trace_real_entry("cpuid and int at the end", 0xFFFC, {1, 0, 0, 0}, flags_fixed);
    words = cpuid_and_int << 16;
    trace_real_entry("cpuid at the end", 0xFFFE, {0, 0, 0, 0}, flags_fixed);
    trace_real_entry("cpuid with tf at the end", 0xFFFE, {0, 0, 0, 0}, flags_fixed | flags_tf);
}

} // namespace

void copy_low_code() {
    __builtin_memcpy(reinterpret_cast<void*>(low_base), low_start, static_cast<usize>(low_end - low_start));
}

void run_real(u32 offset, const Registers& registers, u32 eflags) {
    auto& area = *reinterpret_cast<RealArea*>(low_base + low_offset(low_area));
    area = {};
    area.ip = offset;
    area.flags = eflags;
    area.registers = registers;
    area.steps_wanted = steps.limit;
    fill_interrupts();
    enter_real();
    last = {};
    last.vector = area.vector;
    last.eip = area.event_ip;
    last.cs = area.event_cs;
    last.eflags = area.event_flags;
    last.esp = area.esp;
    last.eax = area.registers.eax;
    last.ebx = area.registers.ebx;
    last.ecx = area.registers.ecx;
    last.edx = area.registers.edx;
    steps.count = area.steps;
    for (u32 i = 0; i < area.steps && i < sizeof area.step / sizeof area.step[0]; ++i)
        steps.step[i] = {area.step[i], 0};
}

void trace_real_entry(const char* name, u32 offset, const Registers& registers, u32 eflags) {
    run_real(offset, registers, eflags);
    print_real_event(name);
    for (u32 i = 0; i < steps.count && i < sizeof steps.step / sizeof steps.step[0]; ++i)
        line("%s: step at %x", name, steps.step[i].eip);
    steps = {};
}

void trace_real_mode() {
    about("real mode ");
    for (const Piece& piece : pieces)
        trace(piece.name, piece.code, piece.registers);
    const u32 cr0 = read_cr0() & ~1u;
    const u32 cr4 = read_cr4();
    trace("cr0 ne", low_write_cr0, {cr0 ^ cr0_ne, 0, 0, 0});
    trace("cr0 now", low_read_cr0, {});
    trace("cr0 ne again", low_write_cr0, {cr0, 0, 0, 0});
    trace("cr0 pg without pe", low_write_cr0, {cr0 | cr0_pg, 0, 0, 0});
    trace("cr0 nw without cd", low_write_cr0, {(cr0 ^ cr0_ne) | 1u << 29, 0, 0, 0});
    trace("cr4 vmxe", low_write_cr4, {cr4 | cr4_vmxe, 0, 0, 0});
    trace("cr4 now", low_read_cr4, {});
    trace("cr4 vmxe again", low_write_cr4, {cr4, 0, 0, 0});
    trace("cr4 vmxe, bit 15", low_write_cr4, {cr4 | cr4_vmxe | 1u << 15, 0, 0, 0});
    steps.limit = 8;
    trace_real_entry("steps", low_offset(low_step), {1, 0, 0, 0}, flags_fixed | flags_tf);
    trace_the_end();
}

} // namespace nadir::modes
