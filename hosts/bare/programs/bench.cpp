// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=bench: what an exit costs, in ticks of the time-stamp counter. On an emulated machine with one processor a tick is
// an instruction. One line of JSON.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/bench_events.h"
#include "hosts/bare/programs/bench_hooks.h"
#include "hosts/bare/programs/bench_memory.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

// Ticks of one call of `body` beyond those of `without`, which is the same but for the instruction in question.
template <typename Body, typename Without>
u64 ticks(u32 rounds, Body body, Without without) {
    auto loop = [rounds](auto inner) {
        inner(); // tables and caches warm
        const u64 start = read_tsc();
        for (u32 i = 0; i < rounds; ++i) {
            inner();
            asm volatile("" : : "r"(i) : "memory");
        }
        return read_tsc() - start;
    };
    const u64 empty = loop(without);
    const u64 full = loop(body);
    return (full - empty + rounds / 2) / rounds;
}

struct Costs {
    u64 cpuid0, cpuid1, vmcall, xsetbv, rdmsr, wrmsr, cr0, cr4, invd;
};

// Outside both ranges of the MSR bitmap, so that it always exits. Where unknown MSRs don't fault it reads 0.
constexpr u32 msr_outside_bitmap = 0x4000'0000;

#define NADIR_BARE_CPUID(leaf, instruction)                                                                            \
    [] {                                                                                                               \
        u32 a = leaf;                                                                                                  \
        u32 c = 0;                                                                                                     \
        asm volatile(instruction : "+a"(a), "+c"(c) : : "ebx", "edx", "memory");                                       \
    }
#define NADIR_BARE_XSETBV(instruction)                                                                                 \
    [xcr0] {                                                                                                           \
        asm volatile(instruction                                                                                       \
                     :                                                                                                 \
                     : "a"(static_cast<u32>(xcr0)), "d"(static_cast<u32>(xcr0 >> 32)), "c"(0)                          \
                     : "memory");                                                                                      \
    }

#define NADIR_BARE_MSR(instruction)                                                                                    \
    [] {                                                                                                               \
        u32 a = 0;                                                                                                     \
        u32 d = 0;                                                                                                     \
        asm volatile(instruction : "+a"(a), "+d"(d) : "c"(msr_outside_bitmap) : "memory");                             \
    }
// Two writes, the second of which brings the old value back.
#define NADIR_BARE_CONTROL_REGISTER(first, second)                                                                     \
    [=] { asm volatile(first "\n\t" second : : "r"(changed), "r"(now) : "memory"); }

u64 measure_cr0(u32 rounds) {
    const u64 now = read_cr0();
    const u64 changed = now ^ cr0_ne; // VMX fixes it
    return ticks(rounds, NADIR_BARE_CONTROL_REGISTER("mov %0, %%cr0", "mov %1, %%cr0"),
                 NADIR_BARE_CONTROL_REGISTER("", "")) /
           2;
}

u64 measure_cr4(u32 rounds) {
    const u64 now = read_cr4();
    const u64 changed = now ^ cr4_vmxe;
    return ticks(rounds, NADIR_BARE_CONTROL_REGISTER("mov %0, %%cr4", "mov %1, %%cr4"),
                 NADIR_BARE_CONTROL_REGISTER("", "")) /
           2;
}

Costs measure(u32 rounds, bool as_guest) {
    Costs costs{};
    costs.cpuid0 = ticks(rounds, NADIR_BARE_CPUID(0, "cpuid"), NADIR_BARE_CPUID(0, ""));
    costs.cpuid1 = ticks(rounds, NADIR_BARE_CPUID(1, "cpuid"), NADIR_BARE_CPUID(1, ""));
    if ((read_cr4() & cr4_osxsave) != 0) {
        const u64 xcr0 = read_xcr0();
        costs.xsetbv = ticks(rounds, NADIR_BARE_XSETBV("xsetbv"), NADIR_BARE_XSETBV(""));
    }
    costs.rdmsr = ticks(rounds, NADIR_BARE_MSR("rdmsr"), NADIR_BARE_MSR(""));
    costs.wrmsr = ticks(rounds, NADIR_BARE_MSR("wrmsr"), NADIR_BARE_MSR(""));
    costs.cr0 = measure_cr0(rounds);
    costs.cr4 = measure_cr4(rounds);
    if (as_guest) // bare it would lose what the caches hold
        costs.invd = ticks(
            rounds, [] { asm volatile("invd"
                                      :
                                      :
                                      : "memory"); }, [] {});
    // A hypercall that nobody knows is #UD, as it is bare; both costs include our own handling of the exception.
    costs.vmcall = ticks(
        rounds,
        [] {
            FaultGuard guard;
            guarded(
                guard, [](void*) { asm volatile("vmcall"
                                                :
                                                : "a"(0), "c"(0)
                                                : "memory"); }, nullptr);
        },
        [] {});
    return costs;
}

// Exits that the manual leaves no choice about ([SDM3 "Instructions That Cause VM Exits Unconditionally"], "Other Causes of
// VM Exits"): triple fault, INIT, start-up IPI, task switch, CPUID, GETSEC, INVD, the VMX instructions, bits of CR0 and CR4
// that VMX fixes, MSRs outside the bitmap, XSETBV.
bool is_unavoidable(u32 reason) {
    constexpr u32 reasons[] = {2, 3, 4, 9, 10, 11, 13, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 50, 53, 55};
    for (const u32 one : reasons)
        if (one == reason)
            return true;
    return false;
}

u64 optional_exits(const nadir_statistics& statistics) {
    u64 sum = 0;
    for (u32 reason = 0; reason < NADIR_EXIT_REASONS; ++reason)
        sum += is_unavoidable(reason) ? 0 : statistics.exits[reason];
    return sum;
}

// What a system does all the time, and need not exit.
void work() {
    const u64 cr0 = read_cr0();
    const u64 cr3 = read_cr3();
    const u64 cr4 = read_cr4();
    for (u32 i = 0; i < 100; ++i) {
        (void)read_tsc();
        write_msr(msr_fs_base, read_msr(msr_fs_base));
        write_cr3(cr3);
        asm volatile("mov %0, %%cr0; clts; mov %1, %%cr0" : : "r"(cr0 | cr0_ts), "r"(cr0) : "memory");
        asm volatile("mov %0, %%cr4; mov %1, %%cr4" : : "r"(cr4 ^ cr4_pge), "r"(cr4) : "memory");
        asm volatile("invlpg (%0); wbinvd; pause" : : "r"(&cr0) : "memory");
        asm volatile("mov %%dr7, %%rax; mov %%rax, %%dr7; mov %%cr8, %%rax; mov %%rax, %%cr8" : : : "rax", "memory");
        asm volatile("inb $0x61, %%al" : : : "eax", "memory");
        asm volatile("sti; nop; cli" : : : "memory");
    }
}

// A CPUID that goes the general way, which the option chooses.
const char* measure_general(const Options& options, u64& cost) {
    Options general = options;
    general.core.record_every_exit = 1;
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(general, status);
    if (session == nullptr)
        return "Nadir didn't start once more";
    cost = ticks(options.cycles, NADIR_BARE_CPUID(0, "cpuid"), NADIR_BARE_CPUID(0, ""));
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop once more";
}

} // namespace

const char* run_bench(const Options& options) {
    static nadir_statistics statistics;
    if (options.cycles == 0)
        return nothing_to_do;
    const Costs bare = measure(options.cycles, false);
    nadir_session* session = nullptr;
    nadir_report report{};
    const u64 before = read_tsc();
    const u32 status = nadir_start(&options.core, &session, &report);
    const u64 start = read_tsc() - before;
    if (status != NADIR_OK)
        return "Nadir didn't start";
    magic_break(); // bench/exits.py looks at each instruction between these
    const Costs costs = measure(options.cycles, true);
    magic_break();
    work();
    nadir_state state{};
    nadir_get_state(session, &state);
    if (nadir_stop(session, &report) != NADIR_OK)
        return "Nadir didn't stop";
    nadir_get_statistics(session, 0, &statistics);
    nadir_release(session);
    u64 general = 0;
    if (const char* why = measure_general(options, general); why != nullptr)
        return why;
    HookCosts hooks{};
    if (const char* why = measure_hooks(options, hooks); why != nullptr)
        return why;
    MemoryCosts memory{};
    if (const char* why = measure_memory(options, memory); why != nullptr)
        return why;
    if (const char* why = measure_events(options); why != nullptr)
        return why;
    print("@@ bench {\"processors\": %u, \"cpuid_leaf_0\": %llu, \"cpuid_leaf_1\": %llu, \"cpuid_general\": %llu, "
          "\"cpuid_bare\": %llu, \"xsetbv\": %llu, \"xsetbv_bare\": %llu, \"rdmsr\": %llu, \"wrmsr\": %llu, "
          "\"msr_bare\": %llu, ",
          processor_count(), costs.cpuid0, costs.cpuid1, general, bare.cpuid0, costs.xsetbv, bare.xsetbv, costs.rdmsr,
          costs.wrmsr, bare.rdmsr);
    print("\"mov_cr0\": %llu, \"mov_cr4\": %llu, \"mov_cr_bare\": %llu, \"invd\": %llu, "
          "\"vmcall_unknown\": %llu, \"vmcall_bare\": %llu, \"optional_exits\": %llu, ",
          costs.cr0, costs.cr4, bare.cr0, costs.invd, costs.vmcall, bare.vmcall, optional_exits(statistics));
    print(
        "\"view_switch\": %llu, \"hidden_page_write\": %llu, \"hidden_breakpoint\": %llu, \"hidden_page_executed\": %llu, "
        "\"bytes_hidden_page\": %llu, ",
        hooks.view_switch, hooks.write, hooks.breakpoint, hooks.nothing, hooks.bytes);
    print("\"watched_write\": %llu, \"watched_write_exits\": %llu, \"watched_page_beside\": %llu, "
          "\"protected_write\": %llu, \"bytes_watched_page\": %llu, ",
          memory.watched, memory.exits, memory.beside, memory.ignored, memory.bytes);
    print("\"start\": %llu, \"enter\": %llu, \"leave\": %llu, ", start, statistics.enter_ticks, statistics.leave_ticks);
    print("\"bytes_total\": %llu, \"bytes_per_processor\": %llu, \"bytes_ept\": %llu, \"bytes_image\": %llu}\n",
          state.bytes_total, state.bytes_per_processor, state.bytes_ept, state.bytes_image);
    return nullptr;
}

} // namespace nadir::bare
