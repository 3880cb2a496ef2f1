// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The watchdog: who is overdue, who isn't, and what is said about it; and the one lock that a processor may wait for.
#include "core/watchdog.h"

#include <thread>

#include "core/memory/ept_lock.h"
#include "tests/unit/core/two_processors.h"

namespace nadir::test {
namespace {

class Watchdog : public TwoProcessors {
protected:
    nadir_exit_record* begin() { return core::begin_record(other, arch::ExitReason{12}); }
    uint32_t look_at_once() { return core::watch(vcpu, 0); }
    uint32_t look() { // a period later
        machine.time += 10'000'000;
        return look_at_once();
    }
};

TEST_F(Watchdog, TheSameExitAPeriodLaterIsOverdue) {
    begin();
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR) << "it may just have begun";
    EXPECT_EQ(look(), 1u);
    EXPECT_EQ(other.state, static_cast<uint32_t>(NADIR_PROCESSOR_STUCK));
    EXPECT_EQ(core::exit_ring(other).state, static_cast<uint32_t>(NADIR_PROCESSOR_STUCK));
    EXPECT_TRUE(core::is_overdue(other));
    EXPECT_EQ(messages(), (std::vector{Message::processor_overdue, Message::recorded_exit}))
        << "in the log of the processor that looked: the other may not answer";
    EXPECT_EQ(log[0].argument[0], 1u);
    EXPECT_EQ(log[0].argument[1], 0u);
    EXPECT_EQ(log[1].argument[1], 12u);
}

TEST_F(Watchdog, LooksInARowAreNotAPeriod) {
    begin();
    for (unsigned i = 0; i < 10; ++i) {
        EXPECT_EQ(look_at_once(), NADIR_ANY_PROCESSOR);
    }
    EXPECT_EQ(look(), 1u);
}

TEST_F(Watchdog, WorkThatGoesOnIsNotOverdue) {
    for (unsigned i = 0; i < 3; ++i) {
        nadir_exit_record* record = begin();
        EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
        core::finish_record(record, Outcome::retry);
    }
    begin();
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR) << "another exit than at the last look";
    EXPECT_TRUE(messages().empty());
}

TEST_F(Watchdog, AGuestThatWaitsIsNotOverdue) {
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR) << "no exit yet";
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    core::finish_record(begin(), Outcome::retry); // halted since
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    }
}

TEST_F(Watchdog, NeitherDeadNorAbsentOnesNorOneself) {
    core::begin_record(vcpu, arch::ExitReason{18}); // the hypercall that looks
    begin();
    for (const nadir_processor_state state : {NADIR_PROCESSOR_DEAD, NADIR_PROCESSOR_OFF, NADIR_PROCESSOR_ABSENT}) {
        core::set_state(other, state);
        EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
        EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    }
}

TEST_F(Watchdog, LooksFromTheNumberGiven) {
    begin();
    look();
    EXPECT_EQ(core::watch(vcpu, 2), NADIR_ANY_PROCESSOR);
    EXPECT_EQ(other.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    EXPECT_EQ(core::watch(vcpu, 1), 1u);
}

TEST_F(Watchdog, OneThatTakesNoNmiIsSaidOnce) {
    begin();
    look();
    look();
    const uint32_t records = vcpu.log_next;
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    EXPECT_EQ(vcpu.log_next, records + 1);
    EXPECT_EQ(messages().back(), Message::processor_deaf);
}

TEST_F(Watchdog, OneThatComesBackIsOnAgain) {
    nadir_exit_record* record = begin();
    look();
    look();
    core::finish_record(record, Outcome::retry);
    EXPECT_FALSE(core::is_overdue(other));
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    EXPECT_EQ(messages().back(), Message::processor_came_back);
    EXPECT_EQ(other.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    // And may be overdue another time.
    begin();
    look();
    EXPECT_EQ(look(), 1u);
}

TEST_F(Watchdog, OneThatWaitsForAnotherIsNotBlamed) {
    begin();
    other.watch.waits = 1;
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR);
    other.watch.waits = 0;
    EXPECT_EQ(look(), NADIR_ANY_PROCESSOR) << "only now its own time begins";
    EXPECT_EQ(look(), 1u);
}

using EptLocking = Watchdog;

TEST_F(EptLocking, TheLockOfAStoppedProcessorIsTakenOver) {
    vmm.ept_lock = 2;
    core::set_state(other, NADIR_PROCESSOR_DEAD);
    {
        const core::EptLock lock{vcpu};
        EXPECT_EQ(vmm.ept_lock, 1u);
    }
    EXPECT_EQ(vmm.ept_lock, 0u);
    EXPECT_EQ(messages(), std::vector{Message::ept_lock_taken_over});
    EXPECT_EQ(log[0].argument[0], 1u);
    EXPECT_EQ(vcpu.watch.waits, 0u);
}

TEST_F(EptLocking, WhoeverWaitsSaysSo) {
    vmm.ept_lock = 2;
    std::thread waiter([&] { const core::EptLock lock{vcpu}; });
    while (__atomic_load_n(&vcpu.watch.waits, __ATOMIC_ACQUIRE) == 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(__atomic_load_n(&vmm.ept_lock, __ATOMIC_ACQUIRE), 2u) << "its holder works";
    __atomic_store_n(&vmm.ept_lock, 0, __ATOMIC_RELEASE);
    waiter.join();
    EXPECT_EQ(vcpu.watch.waits, 0u);
    EXPECT_TRUE(messages().empty());
}

class WatchingASession : public MachineTest {
protected:
    WatchingASession() : MachineTest(3) {}
};

TEST_F(WatchingASession, AsksRootModeWhereThereIsOne) {
    ASSERT_EQ(start(), NADIR_OK);
    machine.switch_to(0);
    for (const uint32_t first : {0u, 2u, 3u, ~0u}) {
        EXPECT_EQ(nadir_watch(session, first), NADIR_ANY_PROCESSOR);
    }
    stop();
    EXPECT_EQ(nadir_watch(session, 0), NADIR_ANY_PROCESSOR) << "no hypercall where nobody answers";
    release();
}

} // namespace
} // namespace nadir::test
