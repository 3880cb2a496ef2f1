// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the driver does with a processor without asking Windows.
#pragma once

#include "control/types.h"

namespace nadir::windows {

struct CpuidResult {
    nadir_u32 eax, ebx, ecx, edx;
};

inline CpuidResult cpuid(nadir_u32 leaf) {
    CpuidResult r{};
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

inline nadir_u64 read_tsc() {
    nadir_u32 low = 0, high = 0;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return nadir_u64{high} << 32 | low;
}

inline nadir_u64 read_msr(nadir_u32 number) {
    nadir_u32 low = 0, high = 0;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return nadir_u64{high} << 32 | low;
}

inline void write_msr(nadir_u32 number, nadir_u64 value) {
    asm volatile("wrmsr"
                 :
                 : "c"(number), "a"(static_cast<nadir_u32>(value)), "d"(static_cast<nadir_u32>(value >> 32))
                 : "memory");
}

// What was stored before it is seen by all before what follows it is executed.
inline void complete_stores() { asm volatile("mfence; lfence" : : : "memory"); }

// The interrupt request level is the task priority: what the kernel's own headers read, too.
inline nadir_u64 interrupt_request_level() {
    nadir_u64 level = 0;
    asm volatile("movq %%cr8, %0" : "=r"(level));
    return level;
}

// Interrupts are off while it lives, so nothing takes the thread off its processor.
class InterruptsOff {
public:
    // By the compiler's own function, for it moves the stack pointer, and the compiler tells Windows how to unwind. Into a
    // register: GCC 12 is off by 8 where it puts the flags on the stack at once.
    InterruptsOff() {
        nadir_u64 flags = __builtin_ia32_readeflags_u64();
        asm volatile("cli" : "+r"(flags) : : "memory");
        flags_ = flags;
    }
    ~InterruptsOff() {
        if ((flags_ & interrupt_flag) != 0) {
            asm volatile("sti" : : : "memory");
        }
    }
    InterruptsOff(const InterruptsOff&) = delete;
    InterruptsOff& operator=(const InterruptsOff&) = delete;

private:
    static constexpr nadir_u64 interrupt_flag = 1u << 9; // RFLAGS.IF
    nadir_u64 flags_;
};

} // namespace nadir::windows
