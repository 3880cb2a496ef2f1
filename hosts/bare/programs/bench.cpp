// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=bench: what an exit costs, in ticks of the time-stamp counter. On an emulated machine with one processor a tick is
// an instruction. One line of JSON.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 rounds = 1000;

// Ticks of one call of `body` beyond those of `without`, which is the same but for the instruction in question.
template <typename Body, typename Without>
u64 ticks(Body body, Without without) {
    auto loop = [](auto inner) {
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
    u64 cpuid0, cpuid1, vmcall, xsetbv;
};

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

Costs measure() {
    Costs costs{};
    costs.cpuid0 = ticks(NADIR_BARE_CPUID(0, "cpuid"), NADIR_BARE_CPUID(0, ""));
    costs.cpuid1 = ticks(NADIR_BARE_CPUID(1, "cpuid"), NADIR_BARE_CPUID(1, ""));
    if ((read_cr4() & cr4_osxsave) != 0) {
        const u64 xcr0 = read_xcr0();
        costs.xsetbv = ticks(NADIR_BARE_XSETBV("xsetbv"), NADIR_BARE_XSETBV(""));
    }
    // A hypercall that nobody knows is #UD, as it is bare; both costs include our own handling of the exception.
    costs.vmcall = ticks(
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

} // namespace

const char* run_bench(const Options& options) {
    static nadir_statistics statistics;
    const Costs bare = measure();
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    const Costs costs = measure();
    nadir_state state{};
    nadir_get_state(session, &state);
    nadir_report report{};
    if (nadir_stop(session, &report) != NADIR_OK)
        return "Nadir didn't stop";
    nadir_get_statistics(session, 0, &statistics);
    nadir_release(session);
    print("@@ bench {\"processors\": %u, \"cpuid_leaf_0\": %llu, \"cpuid_leaf_1\": %llu, \"cpuid_bare\": %llu, "
          "\"xsetbv\": %llu, \"xsetbv_bare\": %llu, \"vmcall_unknown\": %llu, \"vmcall_bare\": %llu, "
          "\"enter\": %llu, \"leave\": %llu, ",
          processor_count(), costs.cpuid0, costs.cpuid1, bare.cpuid0, costs.xsetbv, bare.xsetbv, costs.vmcall,
          bare.vmcall, statistics.enter_ticks, statistics.leave_ticks);
    print("\"bytes_total\": %llu, \"bytes_per_processor\": %llu, \"bytes_ept\": %llu, \"bytes_image\": %llu}\n",
          state.bytes_total, state.bytes_per_processor, state.bytes_ept, state.bytes_image);
    return nullptr;
}

} // namespace nadir::bare
