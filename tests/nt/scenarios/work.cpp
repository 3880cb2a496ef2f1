// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=work: threads on all processors execute what exits, send interrupts, are preempted, get NMIs, and keep values in their vector
// registers, while Nadir is turned on and off.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/comparison.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

constexpr u32 vector_registers = 16;
constexpr u64 ticks_of_work = 12; // between two changes
constexpr u32 nmis = 3;           // to each processor in that time
constexpr u32 threads_per_cpu = 2;
constexpr u32 most_workers = threads_per_cpu * maximum_processors;

struct VectorRegisters {
    alignas(16) u64 words[vector_registers][2];
};

struct Worker {
    Thread* thread;
    u32 number;
    u64 rounds;
    VectorRegisters wanted;
    VectorRegisters found;
};

Worker workers[most_workers];
bool stop;

// Nothing else in this kernel uses vector registers.
void load(const VectorRegisters& from) {
    asm volatile("movaps 0(%0), %%xmm0\n\t"
                 "movaps 16(%0), %%xmm1\n\t"
                 "movaps 32(%0), %%xmm2\n\t"
                 "movaps 48(%0), %%xmm3\n\t"
                 "movaps 64(%0), %%xmm4\n\t"
                 "movaps 80(%0), %%xmm5\n\t"
                 "movaps 96(%0), %%xmm6\n\t"
                 "movaps 112(%0), %%xmm7\n\t"
                 "movaps 128(%0), %%xmm8\n\t"
                 "movaps 144(%0), %%xmm9\n\t"
                 "movaps 160(%0), %%xmm10\n\t"
                 "movaps 176(%0), %%xmm11\n\t"
                 "movaps 192(%0), %%xmm12\n\t"
                 "movaps 208(%0), %%xmm13\n\t"
                 "movaps 224(%0), %%xmm14\n\t"
                 "movaps 240(%0), %%xmm15\n\t"
                 :
                 : "r"(&from)
                 : "memory");
}

void store(VectorRegisters& to) {
    asm volatile("movaps %%xmm0, 0(%0)\n\t"
                 "movaps %%xmm1, 16(%0)\n\t"
                 "movaps %%xmm2, 32(%0)\n\t"
                 "movaps %%xmm3, 48(%0)\n\t"
                 "movaps %%xmm4, 64(%0)\n\t"
                 "movaps %%xmm5, 80(%0)\n\t"
                 "movaps %%xmm6, 96(%0)\n\t"
                 "movaps %%xmm7, 112(%0)\n\t"
                 "movaps %%xmm8, 128(%0)\n\t"
                 "movaps %%xmm9, 144(%0)\n\t"
                 "movaps %%xmm10, 160(%0)\n\t"
                 "movaps %%xmm11, 176(%0)\n\t"
                 "movaps %%xmm12, 192(%0)\n\t"
                 "movaps %%xmm13, 208(%0)\n\t"
                 "movaps %%xmm14, 224(%0)\n\t"
                 "movaps %%xmm15, 240(%0)\n\t"
                 :
                 : "r"(&to)
                 : "memory");
}

void work(void* argument) {
    auto& self = *static_cast<Worker*>(argument);
    for (u32 i = 0; i < vector_registers; ++i) {
        self.wanted.words[i][0] = 0x5555'0000'0000'0000 + self.number * 256u + i;
        self.wanted.words[i][1] = ~self.wanted.words[i][0];
    }
    load(self.wanted);
    for (u32 turn = self.number; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); ++turn) {
        bare::cpuid(turn % 8);
        if (turn % 16 == 0)
            wake(turn / 16 % active_cpus());
        if (turn % 64 == 0)
            yield();
        store(self.found);
        if (__builtin_memcmp(&self.wanted, &self.found, sizeof self.found) != 0)
            violation(rule::registers, 0, "a thread's vector registers have changed");
        ++self.rounds;
    }
}

struct Counters {
    u64 ticks, ipis, preemptions, nmis;
};

Counters count(u32 index) { return {cpu(index).ticks, cpu(index).ipis, cpu(index).preemptions, cpu(index).nmis}; }

// On each processor clock, interrupts from others and changes of threads went on.
void require_progress(const Counters* before, const char* when) {
    for (u32 i = 0; i < active_cpus(); ++i) {
        const Counters now = count(i);
        bare::print("%s processor %u: %llu ticks, %llu interrupts from processors, %llu preemptions\n", when, i,
                    now.ticks - before[i].ticks, now.ipis - before[i].ipis, now.preemptions - before[i].preemptions);
        if (now.nmis - before[i].nmis != nmis)
            violation(rule::state, 0, "%s of %u NMIs %llu arrived on processor %u", when, nmis,
                      now.nmis - before[i].nmis, i);
        if (now.ticks == before[i].ticks || now.ipis == before[i].ipis || now.preemptions == before[i].preemptions)
            violation(rule::state, 0, "%s something stands still on processor %u", when, i);
    }
}

void let_work(const char* when) {
    static Counters before[maximum_processors];
    for (u32 i = 0; i < active_cpus(); ++i)
        before[i] = count(i);
    for (u32 n = 0; n < nmis; ++n) {
        sleep(ticks_of_work / nmis);
        for (u32 i = 0; i < active_cpus(); ++i)
            bare::send_ipi(cpu(i).machine->apic_id, bare::icr_nmi);
    }
    sleep(2); // the last have arrived
    require_progress(before, when);
}

} // namespace

const char* run_work(const Options& options) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    const u32 count = threads_per_cpu * active_cpus();
    for (u32 i = 0; i < count; ++i) {
        workers[i].number = i;
        workers[i].thread = create_thread("worker", work, &workers[i], i % 2 != 0);
    }
    for (u32 i = 0; i < options.rounds; ++i) {
        must_turn_on(file);
        let_work("on:");
        must_turn_off(file);
        let_work("off:");
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (u32 i = 0; i < count; ++i) {
        join(*workers[i].thread);
        if (workers[i].rounds == 0)
            violation(rule::state, 0, "worker %u never worked", i);
    }
    require_same_machine("after work");
    close_device(file);
    unload_driver();
    return nullptr;
}

} // namespace nadir::nt
