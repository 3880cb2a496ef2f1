// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/exits.h"

#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"

namespace nadir::bare {

namespace {

void ask_cpuid(Random& random) {
    constexpr u32 leaves[] = {0, 1, 7, 0xB, 0xD, 0x4000'0000, 0x8000'0000, 0x8000'0008};
    const u64 bits = random.next();
    const u32 leaf = (bits & 8) != 0 ? leaves[bits & 7] : static_cast<u32>(bits >> 32);
    cpuid(leaf, static_cast<u32>(bits >> 8) & 3);
}

// Outside the MSR bitmap: #GP, by way of root mode.
void touch_missing_msr(Random& random) {
    const u32 number = 0x5000'0000u | static_cast<u32>(random.next() >> 40);
    u64 value = 0;
    if ((random.next() & 1) != 0)
        try_read_msr(number, value);
    else
        try_write_msr(number, random.next());
}

// As it was, but Nadir has to look through all memory types.
void write_mtrr_again() {
    constexpr u32 msr_mtrr_physbase0 = 0x200;
    u64 value = 0;
    if (try_read_msr(msr_mtrr_physbase0, value))
        try_write_msr(msr_mtrr_physbase0, value);
}

void write_xcr0_again() {
    if ((read_cr4() & cr4_osxsave) == 0)
        return;
    const u64 value = read_xcr0();
    asm volatile("xsetbv" : : "c"(0), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)));
}

void toggle_vmxe() {
    const u64 cr4 = read_cr4();
    write_cr4(cr4 | cr4_vmxe);
    write_cr4(cr4);
}

void execute_invalid(Random& random) {
    static constexpr void (*instructions[])(void*) = {
        [](void*) { asm volatile("vmcall"); },
        [](void*) { asm volatile("vmlaunch"); },
        [](void*) { asm volatile("vmxoff"); },
        [](void*) {
            asm volatile("vmread %%rax, %%rbx" : : : "rbx", "cc");
        },
        [](void* p) {
            asm volatile("vmptrld %0" : : "m"(*static_cast<u64*>(p)) : "cc");
        },
        [](void*) { asm volatile(".byte 0x0f, 0x37"); }, // GETSEC
    };
    u64 operand = 0;
    FaultGuard guard;
    guarded(guard, instructions[random.below(sizeof instructions / sizeof instructions[0])], &operand);
}

} // namespace

void something_that_exits(Random& random) {
    // Rarely, for it takes longer than hundreds of the others: a storm would find a processor nowhere else.
    if (random.below(1000) == 0)
        return write_mtrr_again();
    const u32 choice = random.below(64);
    if (choice < 6)
        touch_missing_msr(random);
    else if (choice < 10)
        write_xcr0_again();
    else if (choice < 14)
        toggle_vmxe();
    else if (choice < 24)
        execute_invalid(random);
    else if (choice < 26)
        asm volatile("invd" : : : "memory");
    else
        ask_cpuid(random);
}

} // namespace nadir::bare
