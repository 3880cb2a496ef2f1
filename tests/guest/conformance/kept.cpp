// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What an exit must leave alone, and registers whose values others follow.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

constexpr u32 msr_tsc = 0x10;
constexpr u32 msr_tsc_adjust = 0x3B;
constexpr u32 msr_mtrr_base = 0x200;
constexpr u32 msr_mtrr_default = 0x2FF;
constexpr u32 msr_xss = 0xDA0;

constexpr u64 low(u64 value) { return value & 0xFFFF'FFFF; }

// Exits of both kinds, those that the assembly path answers and those that it doesn't.
#define NADIR_EXITS "xorl %%eax, %%eax; cpuid; movl $1, %%eax; cpuid; invd; xorl %%ecx, %%ecx; xgetbv; xsetbv;"

void print_words(const char* name, const u64* words, u32 count) {
    print("exits %s:", name);
    for (u32 i = 0; i < count; ++i)
        print(" %llx", words[i]);
    print("\n");
}

void trace_vector_registers() {
    if ((read_cr4() & cr4_osxsave) == 0)
        return;
    alignas(64) static u64 words[8];
    const auto fill = [] {
        for (u32 i = 0; i < 8; ++i)
            words[i] = 0x0101'0101'0101'0101 * (i + 1);
    };
    constexpr u64 cr4_osfxsr = 1u << 9;
    const u64 cr4 = read_cr4();
    const u64 xcr0 = read_xcr0();
    write_cr4(cr4 | cr4_osfxsr);
    fill();
    asm volatile("movups (%%rsi), %%xmm7; fninit; fldpi;" NADIR_EXITS "movups %%xmm7, 16(%%rsi); fstpl (%%rsi)"
                 :
                 : "S"(words)
                 : "rax", "rbx", "rcx", "rdx", "memory");
    print_words("x87 and xmm", words, 4);
    const u64 offered = cpuid(0xD).eax;
    if ((offered & 4) != 0) {
        asm volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
        fill();
        asm volatile("vmovups (%%rsi), %%ymm7;" NADIR_EXITS "vmovups %%ymm7, 32(%%rsi); vzeroupper"
                     :
                     : "S"(words)
                     : "rax", "rbx", "rcx", "rdx", "memory");
        print_words("ymm", words, 8);
    }
    if ((offered & 0xE4) == 0xE4) {
        asm volatile("xsetbv" : : "c"(0), "a"(0xE7), "d"(0));
        fill();
        asm volatile("vmovups (%%rsi), %%zmm30; kmovw (%%rsi), %%k5;" NADIR_EXITS
                     "vmovups %%zmm30, (%%rsi); kmovw %%k5, (%%rsi)"
                     :
                     : "S"(words)
                     : "rax", "rbx", "rcx", "rdx", "memory");
        print_words("zmm", words, 8);
    }
    asm volatile("xsetbv" : : "c"(0), "a"(low(xcr0)), "d"(0));
    write_cr4(cr4);
}

void trace_debugctl() {
    constexpr auto across = NADIR_INSTRUCTION("wrmsr; xorl %%eax, %%eax; cpuid; movl $1, %%eax; cpuid;"
                                              "movl $0x1d9, %%ecx; rdmsr; xorl %%ebx, %%ebx");
    for (u64 value = 0; value < 3; ++value) {
        about("debugctl %llx ", value);
        probe("across exits", {value, 0, 0x1D9, 0}, across);
    }
    about("%s", "");
    try_write_msr(0x1D9, 0);
}

// The size of the compacted area follows XCR0 | IA32_XSS.
void trace_xss() {
    u64 before;
    if (!try_read_msr(msr_xss, before))
        return;
    constexpr u64 values[] = {0ull, 0x100ull, 0x800ull, 0x1000ull, 0x1800ull, 0x2000ull, 1ull, 1ull << 63};
    for (const u64 value : values) {
        about("xss %llx ", value);
        probe("wrmsr", {low(value), 0, msr_xss, value >> 32}, NADIR_INSTRUCTION("wrmsr"));
        probe("cpuid d.1", {0xD, 0, 1, 0}, NADIR_INSTRUCTION("cpuid"));
    }
    about("%s", "");
    try_write_msr(msr_xss, before); // where XSAVES is missing, the emulator reads it all the same
}

// Writing them exits.
void trace_mtrrs() {
    constexpr auto wrmsr = NADIR_INSTRUCTION("wrmsr");
    if ((cpuid(1).edx & 1u << 12) == 0)
        return;
    const u64 base = read_msr(msr_mtrr_base);
    const u64 type = read_msr(msr_mtrr_default);
    probe("wrmsr mtrr as it is", {low(base), 0, msr_mtrr_base, base >> 32}, wrmsr);
    probe("wrmsr mtrr reserved type", {2, 0, msr_mtrr_base, 0}, wrmsr);
    probe("wrmsr mtrr reserved bit", {0x100, 0, msr_mtrr_base, 0}, wrmsr);
    probe("wrmsr mtrr beyond the width", {0, 0, msr_mtrr_base, 0xFFFF'FFFF}, wrmsr);
    probe("wrmsr mtrr default reserved", {low(type) | 0x1000, 0, msr_mtrr_default, 0}, wrmsr);
    probe("wrmsr mtrr fixed reserved", {0x0202'0202, 0, 0x250, 0}, wrmsr);
    probe("wrmsr mtrr fixed", {0x0606'0606, 0, 0x250, 0x0606'0606}, wrmsr);
    probe("wrmsr mtrr capability", {0, 0, 0xFE, 0}, wrmsr);
    print("exits mtrrs now: %d %d\n", read_msr(msr_mtrr_base) == base, read_msr(msr_mtrr_default) == type);
}

void trace_time() {
    static u64 last; // of the processor before
    u64 times[5];
    times[0] = last;
    times[1] = read_tsc();
    cpuid(0);
    times[2] = read_msr(msr_tsc);
    cpuid(1);
    u32 half[2] = {};
    if ((cpuid(0x8000'0001).edx & 1u << 27) != 0)
        asm volatile("rdtscp" : "=a"(half[0]), "=d"(half[1]) : : "rcx", "memory");
    times[3] = half[1] != 0 || half[0] != 0 ? static_cast<u64>(half[1]) << 32 | half[0] : times[2];
    times[4] = read_tsc();
    last = times[4];
    print("exits tsc in order: %d %d %d %d\n", times[0] <= times[1], times[1] < times[2], times[2] <= times[3],
          times[3] < times[4]);
    print("exits tsc high part: %llx\n", times[1] >> 40); // it counts from the reset
    print("exits tsc steps below 2^24: %d\n", times[4] - times[1] < 1u << 24);
    u64 adjust;
    if (!try_read_msr(msr_tsc_adjust, adjust))
        return;
    constexpr u64 leap = 1ull << 44;
    const u64 before = read_tsc();
    write_msr(msr_tsc, before + leap);
    print("exits tsc written: adjust moved %llx, tsc %llx\n", (read_msr(msr_tsc_adjust) - adjust + leap / 2) >> 44,
          (read_tsc() - before) >> 44);
    write_msr(msr_tsc_adjust, adjust);
    print("exits tsc put back: adjust %d, tsc %llx\n", read_msr(msr_tsc_adjust) == adjust, (read_tsc() - before) >> 44);
}

} // namespace

void trace_kept_state() {
    trace_vector_registers();
    trace_debugctl();
    trace_xss();
    trace_mtrrs();
    trace_time();
}

} // namespace nadir::conformance
