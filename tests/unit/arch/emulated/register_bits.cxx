// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Sets the bits of control and debug registers, EFER, XCR0 and RFLAGS one after another, and stops in the emulator's
// debugger each time (XCHG BX, BX), which then names the bits that are set. It uses nothing of arch/, which those names are
// compared with. Built by its test.
#include "tests/small_guest/small_guest.h"

#include <initializer_list>

namespace {

void stop() { asm volatile("xchgw %%bx, %%bx" : : : "memory"); }

constexpr std::uint64_t bit(unsigned position) { return std::uint64_t{1} << position; }

void control_registers() {
    std::uint64_t cr0;
    std::uint64_t cr4;
    asm volatile("movq %%cr0, %0; movq %%cr4, %1" : "=r"(cr0), "=r"(cr4));
    for (const std::uint64_t bits :
         {bit(1), bit(2), bit(3), bit(5), bit(16), bit(18), bit(30), bit(29) | bit(30), std::uint64_t{0}}) {
        asm volatile("movq %0, %%cr0" : : "r"((cr0 & ~(bit(29) | bit(30))) | bits));
        stop();
    }
    asm volatile("movq %0, %%cr0" : : "r"(cr0 | bit(16))); // control-flow enforcement needs write protection
    const std::uint64_t allowed = small_guest::read_msr(0x489);
    for (unsigned position = 0; position < 32; ++position) {
        // 57-bit addresses can't be switched on in 64-bit mode.
        if ((allowed & bit(position)) != 0 && position != 12) {
            asm volatile("movq %0, %%cr4" : : "r"(cr4 | bit(position)));
            stop();
        }
    }
    asm volatile("movq %0, %%cr4" : : "r"(cr4 | bit(18))); // XSAVE, for what follows
}

void extended_state() {
    std::uint32_t eax = 0xD;
    std::uint32_t ecx = 0;
    asm volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "ebx", "edx");
    // SSE; AVX; the three of AVX-512; protection keys
    for (const std::uint32_t bits : {0x2u, 0x6u, 0xE6u, 0x200u}) {
        if ((bits & ~eax) == 0) {
            asm volatile("xsetbv" : : "a"(bits | 1), "d"(0), "c"(0));
            stop();
        }
    }
}

void efer() {
    constexpr std::uint32_t number = 0xC0000080;
    const std::uint64_t before = small_guest::read_msr(number);
    for (const unsigned position : {0u, 11u}) {
        small_guest::write_msr(number, before | bit(position));
        stop();
    }
    small_guest::write_msr(number, before);
}

// Not TF and IF: there is no interrupt table. RF and VM can't be set so.
void flags() {
    for (const unsigned position : {0u, 2u, 4u, 6u, 7u, 10u, 11u, 12u, 13u, 14u, 18u, 19u, 20u, 21u}) {
        asm volatile("pushq %0; popfq; xchgw %%bx, %%bx; pushq $2; popfq" : : "r"(bit(position) | 2) : "cc", "memory");
    }
}

void debug_registers() {
    for (const unsigned position : {0u, 1u, 2u, 3u, 13u, 14u, 15u}) {
        asm volatile("movq %0, %%dr6" : : "r"(bit(position) | 0xFFFF0FF0));
        stop();
    }
    for (unsigned position = 0; position < 10; ++position) {
        asm volatile("movq %0, %%dr7" : : "r"(bit(position) | 0x400));
        stop();
    }
    asm volatile("movq %0, %%dr7" : : "r"(std::uint64_t{0x400}));
}

} // namespace

extern "C" [[noreturn]] void small_guest_main() {
    control_registers();
    extended_state();
    efer();
    flags();
    debug_registers();
    small_guest::shut_down();
}
