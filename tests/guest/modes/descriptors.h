// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Descriptors and task state segments as this kernel writes them. (arch/ has them, too, but needs the C++ library's headers,
// which a compiler for 64-bit systems has for 64-bit code only; and so nothing here rests on what is tested.)
#pragma once

#include "hosts/bare/types.h"

namespace nadir::modes {

using namespace nadir::bare;

namespace type {
constexpr u32 memory = 0x10; // S = 1, with these:
constexpr u32 accessed = 1;
constexpr u32 writable = 2; // of data
constexpr u32 readable = 2; // of code
constexpr u32 expand_down = 4;
constexpr u32 conforming = 4;
constexpr u32 code = 8;
// S = 0:
constexpr u32 tss16 = 1;
constexpr u32 ldt = 2;
constexpr u32 call_gate16 = 4;
constexpr u32 task_gate = 5;
constexpr u32 tss32 = 9;
constexpr u32 call_gate = 12;
constexpr u32 interrupt_gate = 14;
constexpr u32 busy = 2; // of a TSS

constexpr u32 flat_code = memory | code | readable | accessed;
constexpr u32 flat_data = memory | writable | accessed;
} // namespace type

// Bits 55:52 of a descriptor.
constexpr u32 in_pages = 8;
constexpr u32 big = 4; // D or B
constexpr u32 long_mode = 2;

constexpr u64 descriptor(u32 base, u32 limit, u32 kind, u32 dpl = 0, u32 flags = 0, bool present = true) {
    return (u64{limit} & 0xFFFF) | ((u64{base} & 0xFF'FFFF) << 16) | (u64{kind} << 40) | (u64{dpl} << 45) |
           (u64{present ? 1u : 0u} << 47) | (u64{limit >> 16 & 0xF} << 48) | (u64{flags} << 52) |
           (u64{base >> 24} << 56);
}
constexpr u64 gate_descriptor(u32 selector, u32 offset, u32 kind, u32 dpl = 0, bool present = true) {
    return (u64{offset} & 0xFFFF) | (u64{selector} << 16) | (u64{kind} << 40) | (u64{dpl} << 45) |
           (u64{present ? 1u : 0u} << 47) | (u64{offset >> 16} << 48);
}

struct Tss32 {
    u32 link;
    u32 esp0, ss0, esp1, ss1, esp2, ss2;
    u32 cr3, eip, eflags;
    u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
    u32 es, cs, ss, ds, fs, gs;
    u32 ldtr;
    u16 trap;
    u16 io_map_base;
};
static_assert(sizeof(Tss32) == 104);

struct Tss16 {
    u16 link;
    u16 sp0, ss0, sp1, ss1, sp2, ss2;
    u16 ip, flags, ax, cx, dx, bx, sp, bp, si, di;
    u16 es, cs, ss, ds, ldtr;
};
static_assert(sizeof(Tss16) == 44);

} // namespace nadir::modes
