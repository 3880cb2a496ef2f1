// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The log's rings: what is written is read once and in order, and what was overwritten is counted.
#include "core/log.h"

#include <atomic>
#include <memory>
#include <thread>

#include "core/session.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using core::log_records;
using core::LogRing;

class Log : public RootTest {
protected:
    void write(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            core::log(vcpu, Message::sipi_received, {written++});
        }
    }
    LogRing ring() const { return {log.data(), log_records, vcpu.log_next}; }
    // Everything from `next` on; the numbers that were logged.
    std::vector<uint64_t> read_all(uint32_t& next, uint32_t& lost) {
        std::vector<uint64_t> numbers;
        auto request = std::make_unique<nadir_log_request>();
        request->next = next;
        do {
            EXPECT_EQ(core::read_ring(ring(), *request), NADIR_OK);
            lost += request->lost;
            for (uint32_t i = 0; i < request->count; ++i) {
                numbers.push_back(request->records[i].argument[0]);
            }
        } while (request->count != 0);
        next = request->next;
        return numbers;
    }
    uint64_t written = 0;
};

TEST_F(Log, ARecordHoldsEverything) {
    vcpu.place.processor = 5;
    const uint64_t time = machine.time;
    core::log(vcpu, Message::guest_state, {1, 2, 3, 4, 5, 6});
    core::log(vcpu, Message::sipi_received, {0x9A});
    EXPECT_EQ(log[0].sequence, 0u);
    EXPECT_EQ(log[0].processor, 5u);
    EXPECT_EQ(log[0].level, NADIR_LEVEL_ERROR);
    EXPECT_EQ(log[0].message, static_cast<uint8_t>(Message::guest_state));
    EXPECT_GT(log[0].time, time);
    EXPECT_EQ(log[0].argument[5], 6u);
    EXPECT_EQ(log[1].sequence, 1u);
    EXPECT_GT(log[1].time, log[0].time);
    EXPECT_EQ(log[1].level, NADIR_LEVEL_INFO);
}

TEST_F(Log, ArgumentsThatAreNotGivenAreZero) {
    for (auto& argument : log[0].argument) {
        argument = 77;
    }
    core::log(vcpu, Message::processor_dead, {});
    for (const uint64_t argument : log[0].argument) {
        EXPECT_EQ(argument, 0u);
    }
}

TEST_F(Log, LevelsAboveTheWantedAreNotRecorded) {
    vmm.options.log_level = NADIR_LEVEL_WARNING;
    core::log(vcpu, Message::sipi_received, {});     // info
    core::log(vcpu, Message::nmi_in_root, {});       // debug
    core::log(vcpu, Message::hypercall_refused, {}); // warning
    core::log(vcpu, Message::triple_fault, {});      // error
    EXPECT_EQ(messages(), (std::vector{Message::hypercall_refused, Message::triple_fault}));
    EXPECT_EQ(log[1].sequence, 1u) << "what was not recorded has no number";
}

TEST_F(Log, IsReadInOrderAndOnce) {
    uint32_t next = 0, lost = 0;
    EXPECT_TRUE(read_all(next, lost).empty());
    write(10);
    EXPECT_EQ(read_all(next, lost), (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_TRUE(read_all(next, lost).empty());
    write(2);
    EXPECT_EQ(read_all(next, lost), (std::vector<uint64_t>{10, 11}));
    EXPECT_EQ(lost, 0u);
    EXPECT_EQ(next, 12u);
}

TEST_F(Log, AFullRingHasLostNothing) {
    uint32_t next = 0, lost = 0;
    write(log_records);
    const auto numbers = read_all(next, lost);
    EXPECT_EQ(numbers.size(), log_records);
    EXPECT_EQ(numbers.front(), 0u);
    EXPECT_EQ(lost, 0u);
}

TEST_F(Log, WhatWasOverwrittenIsCounted) {
    uint32_t next = 0, lost = 0;
    write(log_records + 7);
    const auto numbers = read_all(next, lost);
    EXPECT_EQ(numbers.size(), log_records);
    EXPECT_EQ(numbers.front(), 7u);
    EXPECT_EQ(numbers.back(), log_records + 6);
    EXPECT_EQ(lost, 7u);
    EXPECT_EQ(next, log_records + 7);
}

TEST_F(Log, ABatchIsNoLongerThanItMayBe) {
    write(NADIR_LOG_BATCH + 1);
    auto request = std::make_unique<nadir_log_request>();
    core::read_ring(ring(), *request);
    EXPECT_EQ(request->count, NADIR_LOG_BATCH);
    EXPECT_EQ(request->next, NADIR_LOG_BATCH);
    core::read_ring(ring(), *request);
    EXPECT_EQ(request->count, 1u);
}

TEST_F(Log, ARecordThatIsBeingWrittenIsLeftForTheNextTime) {
    write(3);
    log[1].sequence = ~0u;
    uint32_t next = 0, lost = 0;
    EXPECT_EQ(read_all(next, lost), (std::vector<uint64_t>{0}));
    EXPECT_EQ(next, 1u);
    log[1].sequence = 1;
    EXPECT_EQ(read_all(next, lost), (std::vector<uint64_t>{1, 2}));
    EXPECT_EQ(lost, 0u);
}

TEST_F(Log, ARecordThatWasOverwrittenMeanwhileIsLost) {
    write(3);
    log[1].sequence = 1 + log_records;
    uint32_t next = 0, lost = 0;
    EXPECT_EQ(read_all(next, lost), (std::vector<uint64_t>{0, 2}));
    EXPECT_EQ(lost, 1u);
}

TEST_F(Log, AReaderAheadOfTheWriterGetsNothing) {
    write(3);
    uint32_t next = 99, lost = 0;
    EXPECT_TRUE(read_all(next, lost).empty());
    EXPECT_EQ(lost, 0u);
}

TEST_F(Log, OneRecordByNumber) {
    write(log_records + 1);
    nadir_log_record record{};
    EXPECT_FALSE(core::read_record(ring(), 0, record));
    EXPECT_TRUE(core::read_record(ring(), 1, record));
    EXPECT_EQ(record.argument[0], 1u);
    EXPECT_TRUE(core::read_record(ring(), log_records, record));
    EXPECT_FALSE(core::read_record(ring(), log_records + 1, record));
    log[2].sequence = ~0u;
    EXPECT_FALSE(core::read_record(ring(), 2, record));
}

// A reader sees whole records only, in order, and misses none without counting it.
TEST_F(Log, ReadingWhileWriting) {
    constexpr uint64_t total = 200'000;
    std::atomic<bool> done{false};
    // A ring begins with a record (reset_vcpu): one that is still all zeroes would look like number 0.
    core::log(vcpu, Message::guest_state, {0, 1, 2, 3, 4, 5});
    std::thread writer{[&] {
        for (uint64_t i = 1; i < total; ++i) {
            core::log(vcpu, Message::guest_state, {i, i ^ 1, i ^ 2, i ^ 3, i ^ 4, i ^ 5});
        }
        done = true;
    }};
    auto request = std::make_unique<nadir_log_request>();
    uint64_t seen = 0, lost = 0, previous = 0;
    bool first = true;
    for (bool last = false;;) {
        last = done;
        core::read_ring({log.data(), log_records, __atomic_load_n(&vcpu.log_next, __ATOMIC_ACQUIRE)}, *request);
        lost += request->lost;
        for (uint32_t r = 0; r < request->count; ++r) {
            const nadir_log_record& record = request->records[r];
            for (unsigned a = 0; a < 6; ++a) {
                ASSERT_EQ(record.argument[a], record.argument[0] ^ a) << "a torn record";
            }
            ASSERT_TRUE(first || record.argument[0] > previous);
            previous = record.argument[0];
            first = false;
            ++seen;
        }
        if (last && request->count == 0) {
            break;
        }
    }
    writer.join();
    EXPECT_EQ(seen + lost, total);
    EXPECT_EQ(previous, total - 1);
}

TEST_F(Log, TheSessionsOwnRing) {
    auto session = std::make_unique<nadir_session>();
    constexpr uint32_t capacity = sizeof(session->log) / sizeof(session->log[0]);
    for (uint32_t i = 0; i < capacity + 3; ++i) {
        core::log(*session, 7, Message::processor_entered, {i});
    }
    EXPECT_EQ(session->log_next, capacity + 3);
    EXPECT_EQ(session->log[0].argument[0], capacity);
    EXPECT_EQ(session->log[0].processor, 7u);
    auto request = std::make_unique<nadir_log_request>();
    core::read_ring({session->log, capacity, session->log_next}, *request);
    EXPECT_EQ(request->lost, 3u);
    EXPECT_EQ(request->records[0].argument[0], 3u);
}

} // namespace
} // namespace nadir::test
