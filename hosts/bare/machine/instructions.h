// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One instruction each, for the host itself and its test programs. Their plain form may fault; see faults.h.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline void out16(u16 port, u16 value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }

inline u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline u64 read_msr(u32 number) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return static_cast<u64>(high) << 32 | low;
}

inline void write_msr(u32 number, u64 value) {
    asm volatile("wrmsr" : : "c"(number), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)) : "memory");
}

struct CpuidResult {
    u32 eax, ebx, ecx, edx;
};

inline CpuidResult cpuid(u32 leaf, u32 subleaf = 0) {
    CpuidResult r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf) : "memory");
    return r;
}

// Orders the reading of the counter against the instructions before it without a serializing one, which would exit.
inline u64 read_tsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return static_cast<u64>(high) << 32 | low;
}

#define NADIR_BARE_REGISTER(name, text)                                                                                \
    inline u64 read_##name() {                                                                                         \
        u64 value;                                                                                                     \
        asm volatile("mov %%" text ", %0" : "=r"(value) : : "memory");                                                 \
        return value;                                                                                                  \
    }                                                                                                                  \
    inline void write_##name(u64 value) { asm volatile("mov %0, %%" text : : "r"(value) : "memory"); }
NADIR_BARE_REGISTER(cr0, "cr0")
NADIR_BARE_REGISTER(cr2, "cr2")
NADIR_BARE_REGISTER(cr3, "cr3")
NADIR_BARE_REGISTER(cr4, "cr4")
NADIR_BARE_REGISTER(cr8, "cr8")
NADIR_BARE_REGISTER(dr0, "dr0")
NADIR_BARE_REGISTER(dr1, "dr1")
NADIR_BARE_REGISTER(dr2, "dr2")
NADIR_BARE_REGISTER(dr3, "dr3")
NADIR_BARE_REGISTER(dr6, "dr6")
NADIR_BARE_REGISTER(dr7, "dr7")
#undef NADIR_BARE_REGISTER

inline u64 read_rflags() {
    u64 value;
    asm volatile("pushfq; popq %0" : "=r"(value) : : "memory");
    return value;
}

inline u64 read_xcr0() {
    u32 low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return static_cast<u64>(high) << 32 | low;
}

inline void pause() { asm volatile("pause" : : : "memory"); }

struct [[gnu::packed]] TablePointer {
    u16 limit;
    u64 base;
};

// Model-specific registers and control bits that the host itself needs.
constexpr u32 msr_apic_base = 0x1B;
constexpr u32 msr_feature_control = 0x3A;
constexpr u32 msr_x2apic_icr = 0x830;
constexpr u32 msr_x2apic_eoi = 0x80B;
constexpr u32 msr_efer = 0xC000'0080;
constexpr u32 msr_fs_base = 0xC000'0100;
constexpr u32 msr_gs_base = 0xC000'0101;
constexpr u32 msr_kernel_gs_base = 0xC000'0102;
constexpr u64 cr0_ts = 1u << 3;
constexpr u64 cr0_ne = 1u << 5;
constexpr u64 cr4_pge = 1u << 7;
constexpr u64 cr4_vmxe = 1u << 13;
constexpr u64 cr4_osxsave = 1u << 18;
constexpr u64 rflags_tf = 1u << 8;
constexpr u64 rflags_if = 1u << 9;

} // namespace nadir::bare
