// SPDX-License-Identifier: MIT OR GPL-2.0-only
// nmi: NMIs while every processor is busy with exits. Each that the sender sees delivered must arrive exactly once.
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

namespace {

constexpr u32 rounds = 200;

u32 stop;

// Exits in a row, until told to stop.
NADIR_ABI u32 keep_exiting(void*, u32) {
    u32 sum = 0;
    while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
        sum += cpuid(0).eax;
    return sum;
}

// One at a time: the next is sent when the last has been counted, so that none may be merged with another.
bool send_and_wait(const Processor& target, u32 command) {
    const volatile u64& count = target.nmi_count;
    const u64 before = count;
    send_ipi(target.apic_id, command);
    for (u32 i = 0; i < 20'000; ++i) {
        if (count != before)
            return true;
        cpuid(0); // the sender exits all the while, too
    }
    return false;
}

} // namespace

const char* run_nmi(const Options&) {
    bool lost = false;
    for (u32 i = 0; i < processor_count(); ++i) {
        Processor& target = processor(i);
        const bool self = &target == &this_processor();
        stop = 0;
        if (!self)
            begin_on(i, keep_exiting, nullptr);
        u32 sent = 0;
        while (sent < rounds && send_and_wait(target, icr_nmi))
            ++sent;
        lost = lost || sent != rounds;
        __atomic_store_n(&stop, 1u, __ATOMIC_RELAXED);
        if (!self)
            wait_for(i);
        print("nmi processor %u: %u of %u arrived, counted %llu\n", i, sent, rounds, target.nmi_count);
        lost = lost || target.nmi_count != rounds;
    }
    return lost ? "an NMI was lost or came twice" : nullptr;
}

} // namespace nadir::conformance
