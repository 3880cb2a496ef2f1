// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=watchdog: the last processor first halts, which nobody may find overdue, and then root mode hangs on it. The first
// one looks, as a host does once per period, sends the NMI, and prints what came of it.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 looks = 4;

// Interrupts are off: only an NMI ends it.
NADIR_ABI u32 halt_here(void*, u32) {
    cpuid(1); // an exit, which it has come back from
    asm volatile("hlt" : : : "memory");
    return 0;
}

// Longer than any exit takes (core/watchdog.cpp).
void let_time_pass() {
    constexpr u64 period = 5'000'000;
    const u64 start = read_tsc();
    while (read_tsc() - start < period)
        pause();
}

u32 state_of(const nadir_session* session, u32 number) {
    nadir_statistics statistics{};
    nadir_get_statistics(session, number, &statistics);
    return statistics.state;
}

} // namespace

u32 look_for_overdue(const nadir_session* session) {
    u32 found = NADIR_ANY_PROCESSOR;
    for (u32 i = 0; i < looks && found == NADIR_ANY_PROCESSOR; ++i) {
        let_time_pass();
        found = nadir_watch(session, 0);
    }
    return found;
}

const char* run_watchdog(const Options& given) {
    if (processor_count() < 2)
        return "it takes two processors: one hangs, the other looks";
    Options options = given;
    if (!start_to_provoke(options))
        return "Nadir didn't start";
    const u32 victim = processor_count() - 1;

    begin_on(victim, halt_here, nullptr);
    print("while it halts: overdue %d\n", static_cast<int>(look_for_overdue(options.session)));
    send_ipi(processor(victim).apic_id, icr_nmi);
    wait_for(victim);

    options.provoke = NADIR_PROVOKE_HANG;
    begin_on(victim, provoke_here, &options);
    const u32 found = look_for_overdue(options.session);
    print("while root mode hangs: overdue %d, state %u\n", static_cast<int>(found), state_of(options.session, victim));
    if (found != victim)
        return "the processor that hangs was not found";
    send_ipi(processor(victim).apic_id, icr_nmi);
    for (u32 i = 0; i < 10'000 && state_of(options.session, victim) != NADIR_PROCESSOR_DEAD; ++i)
        pause();
    print("after the NMI: state %u, overdue %d\n", state_of(options.session, victim),
          static_cast<int>(look_for_overdue(options.session)));
    print_records(options.session, victim);
    print_records(options.session, 0);
    print("processor 0 goes on: CPUID %x\n", cpuid(0).eax);
    if (stop_nadir(options.session) != NADIR_PROCESSOR_LOST)
        return "the stop was not refused";
    return nullptr;
}

} // namespace nadir::bare
