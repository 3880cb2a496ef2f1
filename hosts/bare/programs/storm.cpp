// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/storm.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/exits.h"

namespace nadir::bare {

namespace {

constexpr u8 first_vector = 0x60; // plus the sender's number; above what CR8 may hold back (snapshot.cpp)
constexpr u8 timer_vector = 0xE0;
static_assert(first_vector + maximum_processors <= timer_vector);
constexpr u32 steps_at_once = 20;

// What one processor has sent. It alone writes it, but for nmis_to_it, which whoever holds `sending` writes.
struct Share {
    Random random;
    u64 exits;
    u64 interrupts[maximum_processors]; // to each processor
    u64 timers;
    u32 spurious_register;

    u32 sending; // 1: somebody is sending this processor an NMI
    u64 nmis_to_it;
    // How many had arrived before the storm.
    u64 nmis_before;
    u32 vectors_before[vectors];
};

Share shares[maximum_processors];
u32 wrong; // an event came that nobody had sent

u64 arrived(u32 target, u8 vector) {
    const volatile u32& count = processor(target).vector_counts[vector];
    return count - shares[target].vectors_before[vector];
}

u64 nmis_arrived(u32 target) {
    const volatile u64& count = processor(target).nmi_count;
    return count - shares[target].nmis_before;
}

// May another one be sent? More than were sent can only be one that came twice.
bool may_send(u64 sent, u64 seen) {
    if (seen > sent)
        __atomic_store_n(&wrong, 1u, __ATOMIC_RELAXED);
    return seen == sent;
}

void send_nmi(u32 target) {
    Share& to = shares[target];
    if (__atomic_exchange_n(&to.sending, 1u, __ATOMIC_ACQUIRE) != 0)
        return;
    if (may_send(to.nmis_to_it, nmis_arrived(target))) {
        ++to.nmis_to_it;
        send_ipi(processor(target).apic_id, icr_nmi);
    }
    __atomic_store_n(&to.sending, 0u, __ATOMIC_RELEASE);
}

void send_interrupt(Share& own, u32 sender, u32 target) {
    const u8 vector = static_cast<u8>(first_vector + sender);
    if (!may_send(own.interrupts[target], arrived(target, vector)))
        return;
    ++own.interrupts[target];
    send_ipi(processor(target).apic_id, icr_fixed | vector);
}

void start_timer(Share& own, u32 sender) {
    if (!may_send(own.timers, arrived(sender, timer_vector)))
        return;
    ++own.timers;
    start_local_timer(timer_vector, 50 + own.random.below(2000));
}

void step(Share& own, u32 number) {
    const u32 target = own.random.below(processor_count());
    // What follows may have ended in a fault, and comes back from it with interrupts off.
    asm volatile("sti" : : : "memory");
    switch (own.random.below(16)) {
    case 0: send_nmi(target); break;
    case 1:
    case 2: send_interrupt(own, number, target); break;
    case 3: start_timer(own, number); break;
    default: ++own.exits; something_that_exits(own.random);
    }
}

void storm(u32 number) {
    Share& own = shares[number];
    for (u32 i = 0; i < steps_at_once; ++i)
        step(own, number);
    asm volatile("cli" : : : "memory");
}

NADIR_ABI u32 begin_here(void* argument, u32 number) {
    Share& own = shares[number];
    const Processor& self = this_processor();
    own = {};
    own.random = Random{*static_cast<const u64*>(argument) * 0x9E37'79B9'7F4A'7C15 + number + 1};
    own.spurious_register = enable_local_apic();
    own.nmis_before = self.nmi_count;
    __builtin_memcpy(own.vectors_before, self.vector_counts, sizeof own.vectors_before);
    return 0;
}

// What is on its way arrives while this executes; long enough for what a processor may hold.
NADIR_ABI u32 settle_here(void*, u32) {
    asm volatile("sti" : : : "memory");
    for (u32 i = 0; i < 5000; ++i)
        cpuid(0);
    asm volatile("cli" : : : "memory");
    return 0;
}

NADIR_ABI u32 end_here(void*, u32 number) {
    stop_local_timer();
    restore_local_apic(shares[number].spurious_register);
    return 0;
}

void on_each(nadir_procedure procedure, void* argument) {
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, procedure, argument);
}

bool compare(const char* what, u32 number, u64 sent, u64 seen) {
    print("storm: processor %u: %s %llu sent, %llu arrived\n", number, what, sent, seen);
    return sent == seen;
}

bool compare_processor(u32 number) {
    u64 sent = 0;
    u64 seen = 0;
    bool same = true;
    for (u32 sender = 0; sender < processor_count(); ++sender) {
        const u64 from_it = shares[sender].interrupts[number];
        const u64 here = arrived(number, static_cast<u8>(first_vector + sender));
        same = same && from_it == here;
        sent += from_it;
        seen += here;
    }
    same = compare("interrupts", number, sent, seen) && same;
    same = compare("timer interrupts", number, shares[number].timers, arrived(number, timer_vector)) && same;
    return compare("NMIs", number, shares[number].nmis_to_it, nmis_arrived(number)) && same;
}

} // namespace

void begin_storm(u64 seed) {
    wrong = 0;
    on_each(begin_here, &seed);
    for (u32 i = 0; i < processor_count(); ++i)
        if (&processor(i) != &this_processor())
            meanwhile(i, storm);
}

void storm_here(u32 steps) {
    for (u32 i = 0; i < steps; i += steps_at_once)
        storm(this_processor().number);
}

StormTotals storm_totals() {
    StormTotals totals{};
    for (u32 i = 0; i < processor_count(); ++i) {
        const Share& share = shares[i];
        totals.nmis += share.nmis_to_it;
        totals.interrupts += share.timers;
        for (const u64 sent : share.interrupts)
            totals.interrupts += sent;
        totals.exits += share.exits;
    }
    return totals;
}

const char* end_storm() {
    for (u32 i = 0; i < processor_count(); ++i)
        if (&processor(i) != &this_processor())
            meanwhile(i, nullptr);
    on_each(settle_here, nullptr);
    bool same = true;
    for (u32 i = 0; i < processor_count(); ++i)
        same = compare_processor(i) && same;
    on_each(end_here, nullptr);
    return same && wrong == 0 ? nullptr : "an event was lost or came twice";
}

} // namespace nadir::bare
