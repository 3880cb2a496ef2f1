// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/watchdog.h"

#include "core/root/circumstances.h"
#include "core/root/fault_report.h"
#include "core/vmm.h"
#include "cpu/instructions.h"

namespace nadir::core {

namespace {

// An exit younger than this is in work, however often somebody looks; all that root mode does is done much sooner. Without it
// a guest that knows the key could have an honest exit taken for a hang by two looks in a row. In ticks of the time-stamp
// counter, about a millisecond.
constexpr uint64_t least_age = uint64_t{1} << 22;

bool change_state(Vcpu& vcpu, nadir_processor_state from, nadir_processor_state to) {
    auto expected = static_cast<uint32_t>(from);
    if (!__atomic_compare_exchange_n(&vcpu.state, &expected, static_cast<uint32_t>(to), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return false; // it has died meanwhile, or another processor was faster
    }
    exit_ring(vcpu).state = to;
    return true;
}

// One that was found overdue before.
void look_again(Vcpu& watcher, Vcpu& other, uint64_t in_work) {
    if (in_work == other.watch.overdue) {
        if (__atomic_exchange_n(&other.watch.deaf, 1, __ATOMIC_ACQ_REL) == 0) {
            report(watcher, Message::processor_deaf, {other.place.processor});
        }
        return;
    }
    other.watch.seen = in_work;
    if (change_state(other, NADIR_PROCESSOR_STUCK, NADIR_PROCESSOR_ON)) {
        report(watcher, Message::processor_came_back, {other.place.processor});
    }
}

bool found_overdue(Vcpu& watcher, Vcpu& other) {
    const uint32_t state = __atomic_load_n(&other.state, __ATOMIC_ACQUIRE);
    const uint64_t in_work = control::exit_in_work(exit_ring(other));
    if (state == NADIR_PROCESSOR_STUCK) {
        look_again(watcher, other, in_work);
        return false;
    }
    if (state != NADIR_PROCESSOR_ON) {
        return false;
    }
    // While it waits for another processor its own time stands still.
    const bool waits = __atomic_load_n(&other.watch.waits, __ATOMIC_ACQUIRE) != 0;
    if (in_work == 0 || waits || in_work != other.watch.seen) {
        other.watch.seen = waits ? 0 : in_work;
        return false;
    }
    const uint64_t age = cpu::read_tsc() - control::exit_slot(exit_ring(other), in_work - 1).time;
    if (age < least_age) {
        return false;
    }
    // Before the state: an NMI that comes for another reason may be first to see it.
    other.watch.deaf = 0;
    __atomic_store_n(&other.watch.overdue, in_work, __ATOMIC_RELEASE);
    if (!change_state(other, NADIR_PROCESSOR_ON, NADIR_PROCESSOR_STUCK)) {
        return false;
    }
    report(watcher, Message::processor_overdue, {other.place.processor, in_work - 1, age});
    report_last_exits(watcher, other);
    return true;
}

} // namespace

uint32_t watch(Vcpu& watcher, uint32_t first) {
    const Vmm& vmm = *watcher.place.vmm;
    for (uint32_t i = first; i < vmm.processor_count; ++i) {
        Vcpu& other = *vmm.vcpus[i];
        if (&other != &watcher && found_overdue(watcher, other)) {
            return i;
        }
    }
    return NADIR_ANY_PROCESSOR;
}

} // namespace nadir::core
