// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Control, debug, segment and descriptor-table registers: one instruction each. CPL 0.
#pragma once

#include <cstdint>

#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/rflags.h"
#include "arch/segments.h"

namespace nadir::cpu {

inline arch::Cr0 read_cr0() {
    uint64_t v;
    asm volatile("mov %%cr0, %0" : "=r"(v));
    return arch::Cr0{v};
}
inline uint64_t read_cr2() {
    uint64_t v;
    asm volatile("mov %%cr2, %0" : "=r"(v));
    return v;
}
inline arch::Cr3 read_cr3() {
    uint64_t v;
    asm volatile("mov %%cr3, %0" : "=r"(v));
    return arch::Cr3{v};
}
inline arch::Cr4 read_cr4() {
    uint64_t v;
    asm volatile("mov %%cr4, %0" : "=r"(v));
    return arch::Cr4{v};
}
inline uint64_t read_cr8() {
    uint64_t v;
    asm volatile("mov %%cr8, %0" : "=r"(v));
    return v;
}
inline void write_cr0(arch::Cr0 v) { asm volatile("mov %0, %%cr0" : : "r"(v.value) : "memory"); }
inline void write_cr2(uint64_t v) { asm volatile("mov %0, %%cr2" : : "r"(v) : "memory"); }
inline void write_cr3(arch::Cr3 v) { asm volatile("mov %0, %%cr3" : : "r"(v.value) : "memory"); }
inline void write_cr4(arch::Cr4 v) { asm volatile("mov %0, %%cr4" : : "r"(v.value) : "memory"); }

inline arch::Dr7 read_dr7() {
    uint64_t v;
    asm volatile("mov %%dr7, %0" : "=r"(v));
    return arch::Dr7{v};
}
inline void write_dr7(arch::Dr7 v) { asm volatile("mov %0, %%dr7" : : "r"(v.value)); }
inline arch::Dr6 read_dr6() {
    uint64_t v;
    asm volatile("mov %%dr6, %0" : "=r"(v));
    return arch::Dr6{v};
}
inline void write_dr6(uint64_t v) { asm volatile("mov %0, %%dr6" : : "r"(v)); }
// 0 to 3, and 6; the others' numbers read DR6, too.
inline uint64_t read_debug_register(unsigned number) {
    uint64_t v;
    switch (number) {
    case 0: asm volatile("mov %%dr0, %0" : "=r"(v)); break;
    case 1: asm volatile("mov %%dr1, %0" : "=r"(v)); break;
    case 2: asm volatile("mov %%dr2, %0" : "=r"(v)); break;
    case 3: asm volatile("mov %%dr3, %0" : "=r"(v)); break;
    default: asm volatile("mov %%dr6, %0" : "=r"(v)); break;
    }
    return v;
}
inline void clear_breakpoint_addresses() {
    asm volatile("mov %0, %%dr0; mov %0, %%dr1; mov %0, %%dr2; mov %0, %%dr3" : : "r"(uint64_t{0}));
}

inline arch::BreakpointAddresses read_breakpoint_addresses() {
    arch::BreakpointAddresses a;
    asm volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                 : "=&r"(a.value[0]), "=&r"(a.value[1]), "=&r"(a.value[2]), "=&r"(a.value[3]));
    return a;
}

inline arch::Rflags read_rflags() {
    uint64_t v;
    asm volatile("pushfq; popq %0" : "=r"(v) : : "memory");
    return arch::Rflags{v};
}

#define NADIR_SEGMENT_SELECTOR(name)                                                                                   \
    inline arch::Selector read_##name() {                                                                              \
        uint16_t v;                                                                                                    \
        asm volatile("mov %%" #name ", %0" : "=r"(v));                                                                 \
        return arch::Selector{v};                                                                                      \
    }
NADIR_SEGMENT_SELECTOR(cs)
NADIR_SEGMENT_SELECTOR(ss)
NADIR_SEGMENT_SELECTOR(ds)
NADIR_SEGMENT_SELECTOR(es)
NADIR_SEGMENT_SELECTOR(fs)
NADIR_SEGMENT_SELECTOR(gs)
#undef NADIR_SEGMENT_SELECTOR

inline void write_ds(arch::Selector s) { asm volatile("mov %0, %%ds" : : "r"(s.value) : "memory"); }
inline void write_es(arch::Selector s) { asm volatile("mov %0, %%es" : : "r"(s.value) : "memory"); }
inline void write_fs(arch::Selector s) { asm volatile("mov %0, %%fs" : : "r"(s.value) : "memory"); }
inline void write_gs(arch::Selector s) { asm volatile("mov %0, %%gs" : : "r"(s.value) : "memory"); }

inline arch::Selector read_tr() {
    uint16_t v;
    asm volatile("str %0" : "=r"(v));
    return arch::Selector{v};
}
inline arch::Selector read_ldtr() {
    uint16_t v;
    asm volatile("sldt %0" : "=r"(v));
    return arch::Selector{v};
}
// The descriptor in the current GDT must be an available 64-bit TSS; the processor marks it busy.
inline void load_tr(arch::Selector s) { asm volatile("ltr %0" : : "r"(s.value) : "memory"); }
inline void load_ldtr(arch::Selector s) { asm volatile("lldt %0" : : "r"(s.value) : "memory"); }

inline arch::DescriptorTableRegister read_gdtr() {
    arch::DescriptorTableRegister r;
    asm volatile("sgdt %0" : "=m"(r));
    return r;
}
inline arch::DescriptorTableRegister read_idtr() {
    arch::DescriptorTableRegister r;
    asm volatile("sidt %0" : "=m"(r));
    return r;
}
inline void load_gdtr(const arch::DescriptorTableRegister& r) { asm volatile("lgdt %0" : : "m"(r) : "memory"); }
inline void load_idtr(const arch::DescriptorTableRegister& r) { asm volatile("lidt %0" : : "m"(r) : "memory"); }

} // namespace nadir::cpu
