// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for the assembly files of cpu/.
#include "cpu/entry_points.h"
#include "cpu/msr.h"
#include "tests/fakes/cpu_helpers.h"

namespace nadir::cpu {

extern "C" {

NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdmsr(uint32_t msr, uint64_t* value) {
    if (!state().msr.contains(msr)) {
        return 1;
    }
    *value = state().msr[msr];
    return 0;
}

NADIR_CPU_ABI uint32_t nadir_cpu_checked_wrmsr(uint32_t msr, uint32_t low, uint32_t high) {
    if (!state().msr.contains(msr)) {
        return 1;
    }
    state().msr[msr] = uint64_t{high} << 32 | low;
    return 0;
}

NADIR_CPU_ABI uint32_t nadir_cpu_checked_xsetbv(uint32_t index, uint32_t low, uint32_t high) {
    const uint64_t value = uint64_t{high} << 32 | low;
    if (index != 0 || (value & 1) == 0 || (value & ~uint64_t{0x1F}) != 0) {
        return 1;
    }
    state().xcr0 = value;
    return 0;
}

NADIR_CPU_ABI uint32_t nadir_cpu_checked_rdpmc(uint32_t counter, uint64_t* value) {
    constexpr uint32_t counters = 4;
    *value = uint64_t{counter} << 32 | 0x1234;
    return counter < counters ? 0 : 1;
}

NADIR_CPU_ABI void nadir_cpu_first_exit_entry() {}
NADIR_CPU_ABI void nadir_cpu_exit_entry() { fault("called"); }
NADIR_CPU_ABI void nadir_cpu_general_exit_entry() { fault("called, but it is an entry"); }
NADIR_CPU_ABI void nadir_cpu_planned_exit_entry() { fault("called, but it is an entry"); }
NADIR_CPU_ABI void nadir_cpu_watched_exit_entry() { fault("called, but it is an entry"); }
NADIR_CPU_ABI void nadir_cpu_launch_refused() { fault("called, but it is a place to return to"); }
NADIR_CPU_ABI void nadir_cpu_leaving_nmi() { fault("called, but it is a handler"); }
NADIR_CPU_ABI LaunchResult nadir_cpu_launch(uint64_t guest_rsp_field, uint64_t guest_rip_field) {
    return machine->launch(guest_rsp_field, guest_rip_field);
}
NADIR_CPU_ABI void nadir_cpu_return(const ReturnState* to, uint64_t* registers) { machine->leave(*to, registers); }
NADIR_CPU_ABI void nadir_cpu_triple_fault() { throw fake::TripleFault{}; }
NADIR_CPU_ABI void nadir_cpu_unblock_nmi() { ++machine->now().nmis_unblocked; }

NADIR_CPU_ABI void nadir_cpu_hypercall(HypercallRegisters* r) {
    if (!machine->now().guest) {
        fault("VMCALL outside VMX non-root operation");
    }
    auto& g = machine->now().general;
    const auto saved = g;
    g[0] = r->rax;
    g[1] = r->rcx;
    g[2] = r->rdx;
    g[6] = r->rsi;
    g[7] = r->rdi;
    g[8] = r->r8;
    g[9] = r->r9;
    g[10] = r->r10;
    g[11] = r->r11;
    constexpr uint32_t vmcall = 18;
    machine->exit(vmcall);
    *r = {g[0], g[1], g[2], g[6], g[7], g[8], g[9], g[10], g[11]};
    g = saved;
}

extern const uint8_t nadir_cpu_trap_stubs[trap_stub_count * trap_stub_bytes] = {};

// Two instructions and where to go on behind each, at the distances that the table says; never executed.
extern const CheckedInstruction nadir_cpu_checked_table[3] = {{0x1000, 0x2000}, {0x1100, 0x2100}, {0, 0}};
}

} // namespace nadir::cpu
