// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The machine of the 32-bit conformance kernel: its descriptors, its console, its control registers.
#pragma once

#include "tests/guest/modes/descriptors.h"

namespace nadir::modes {

// The GDT. Whoever changes an entry calls reset_descriptors afterwards.
enum Selector : u16 {
    code32 = 0x08,
    data32 = 0x10,
    code32_user = 0x18 | 3,
    data32_user = 0x20 | 3,
    main_tss = 0x28,
    code16 = 0x30, // based where the low code lies (low.h)
    data16 = 0x38, // the first 64 KiB, B = 0
    code16_user = 0x40 | 3,
    gate = 0x50,
    spare = 0x58, // and two more
    ldt = 0x70,
    code64 = 0x78,
    task_32 = 0x80, // of tasks.cpp
    task_16 = 0x88,
    gate_32 = 0x90, // task gates to them
    gate_16 = 0x98,
    spare_task = 0xA0,
    last_selector = 0xA8,
};

constexpr u32 gdt_entries = last_selector / 8 + 1;
extern u64 gdt[gdt_entries];

struct MainTask {
    Tss32 state;
    u8 redirection[32]; // with CR4.VME: bit n set: INT n of V86 mode goes through the IDT
    u8 io_map[1];       // 0xFF: behind the bitmap's end
};
extern MainTask main_task;

// GDT, IDT, main TSS as they are to be, and TR loaded.
void reset_descriptors();
void set_gate(u32 vector, u64 gate);

u32 text_address(const void* pointer);

inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#define NADIR_CONTROL_REGISTER(name)                                                                                   \
    inline u32 read_##name() {                                                                                         \
        u32 value;                                                                                                     \
        asm volatile("mov %%" #name ", %0" : "=r"(value) : : "memory");                                                \
        return value;                                                                                                  \
    }                                                                                                                  \
    inline void write_##name(u32 value) { asm volatile("mov %0, %%" #name : : "r"(value) : "memory"); }
NADIR_CONTROL_REGISTER(cr0)
NADIR_CONTROL_REGISTER(cr2)
NADIR_CONTROL_REGISTER(cr3)
NADIR_CONTROL_REGISTER(cr4)
NADIR_CONTROL_REGISTER(dr6)
NADIR_CONTROL_REGISTER(dr7)
#undef NADIR_CONTROL_REGISTER

constexpr u32 cr0_ts = 1u << 3;
constexpr u32 cr0_ne = 1u << 5;
constexpr u32 cr0_wp = 1u << 16;
constexpr u32 cr0_pg = 1u << 31;
constexpr u32 cr4_vme = 1u << 0;
constexpr u32 cr4_pse = 1u << 4;
constexpr u32 cr4_pae = 1u << 5;
constexpr u32 cr4_vmxe = 1u << 13;
constexpr u32 dr6_initial = 0xFFFF'0FF0;
constexpr u32 flags_fixed = 2;
constexpr u32 flags_tf = 1u << 8;
constexpr u32 flags_nt = 1u << 14;
constexpr u32 flags_rf = 1u << 16;
constexpr u32 flags_vm = 1u << 17;

inline volatile u32& apic(u32 offset) { return *reinterpret_cast<volatile u32*>(0xFEE0'0000 + offset); }

inline u16 task_register() {
    u16 value;
    asm volatile("str %0" : "=r"(value));
    return value;
}

void open_console();

// printf's %s, %u and %x.
void print_arguments(const char* format, __builtin_va_list arguments);
[[gnu::format(printf, 1, 2)]] void print(const char* format, ...);
[[noreturn]] void finish(const char* failure);

} // namespace nadir::modes
