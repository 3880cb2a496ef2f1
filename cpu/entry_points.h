// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the assembly files of cpu/ offer, with the layouts that they rely on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/segments.h"
#include "cpu/abi.h"

namespace nadir::cpu {

// cpu/traps.S: what a trap in root mode has pushed.
struct TrapFrame {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss; // pushed by the processor
};
static_assert(offsetof(TrapFrame, vector) == 15 * sizeof(uint64_t));

// cpu/return.S
struct ReturnState {
    uint64_t rip, cs, rflags, rsp, ss;
    arch::DescriptorTableRegister leaving_idtr;
    uint8_t padding1[6];
    arch::DescriptorTableRegister gdtr;
    uint8_t padding2[6];
    arch::DescriptorTableRegister idtr;
    uint8_t padding3[6];
    uint16_t tr, ldtr, ds, es, fs, gs;
    uint32_t padding4;
    uint64_t fs_base, gs_base;
    const volatile uint32_t* owed_nmi; // how many NMIs root mode has kept
};
static_assert(offsetof(ReturnState, rsp) == 24 && offsetof(ReturnState, ss) == 32);
static_assert(offsetof(ReturnState, leaving_idtr) == 40 && offsetof(ReturnState, gdtr) == 56);
static_assert(offsetof(ReturnState, idtr) == 72 && offsetof(ReturnState, tr) == 88 && offsetof(ReturnState, gs) == 98);
static_assert(offsetof(ReturnState, fs_base) == 104 && offsetof(ReturnState, gs_base) == 112);
static_assert(offsetof(ReturnState, owed_nmi) == 120);

// cpu/hypercall.S
struct HypercallRegisters {
    uint64_t rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11;
};
static_assert(offsetof(HypercallRegisters, rdi) == 32 && offsetof(HypercallRegisters, r11) == 64);

// cpu/checked.S: distances from the entry's own address; ended by a zero.
struct CheckedInstruction {
    int32_t instruction, fix_up;
};

enum class LaunchResult : uint32_t { entered = 0, failed_invalid = 1, failed_valid = 2, refused = 3 };

extern "C" {
NADIR_CPU_ABI void nadir_cpu_first_exit_entry();
NADIR_CPU_ABI void nadir_cpu_exit_entry();
NADIR_CPU_ABI void nadir_cpu_general_exit_entry();
NADIR_CPU_ABI void nadir_cpu_planned_exit_entry();
NADIR_CPU_ABI void nadir_cpu_watched_exit_entry();
NADIR_CPU_ABI LaunchResult nadir_cpu_launch(uint64_t guest_rsp_field, uint64_t guest_rip_field);
NADIR_CPU_ABI void nadir_cpu_launch_refused();
[[noreturn]] NADIR_CPU_ABI void nadir_cpu_return(const ReturnState* state, uint64_t* registers);
[[noreturn]] NADIR_CPU_ABI void nadir_cpu_triple_fault();
NADIR_CPU_ABI void nadir_cpu_leaving_nmi();
NADIR_CPU_ABI void nadir_cpu_unblock_nmi();
NADIR_CPU_ABI void nadir_cpu_hypercall(HypercallRegisters* registers);

extern const uint8_t nadir_cpu_trap_stubs[];
extern const CheckedInstruction nadir_cpu_checked_table[];
}

inline constexpr unsigned trap_stub_count = 32;
inline constexpr unsigned trap_stub_bytes = 16;

} // namespace nadir::cpu
