// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Records of registers find their events, and what is missing is counted in events.
#include "tests/tool/fake_system.h"
#include "tool/trace/event_reader.h"

#include <bit>
#include <gtest/gtest.h>

namespace nadir::test {
namespace {

class Registers : public ::testing::Test {
protected:
    // As root mode writes them: an event and its parts.
    void add(nadir_u64 time) {
        std::vector<nadir_event>& ring = system.nadir.events[0];
        const nadir_u64 number = ring.size();
        nadir_event event{};
        event.time = time;
        ring.push_back(event);
        for (nadir_u8 part = 0; part < NADIR_EVENT_REGISTER_PARTS; ++part) {
            nadir_event_registers record{};
            record.kind = NADIR_EVENT_REGISTERS;
            record.part = part;
            record.event = number;
            for (unsigned i = 0; i < 6; ++i) {
                record.value[i] = time * 100 + part * 6 + i;
            }
            ring.push_back(std::bit_cast<nadir_event>(record));
        }
    }

    tool::Harvest read() { return reader.read(); }

    FakeSystem system;
    FakeDevice device{system.nadir};
    tool::EventReader reader{device, 1, std::nullopt, true};
};

TEST_F(Registers, EachEventHasItsOwn) {
    for (nadir_u64 time = 1; time <= 100; ++time) {
        add(time); // over several batches
    }
    const tool::Harvest harvest = read();
    ASSERT_EQ(harvest.events.size(), 100u);
    for (nadir_u64 i = 0; i < 100; ++i) {
        ASSERT_TRUE(harvest.events[i].registers) << i;
        EXPECT_EQ(harvest.events[i].event.time, i + 1);
        for (nadir_u64 place = 0; place < 17; ++place) {
            EXPECT_EQ((*harvest.events[i].registers)[place], (i + 1) * 100 + place);
        }
    }
    EXPECT_TRUE(harvest.lost.empty());
}

// Whatever part of an event is gone, one event is lost, or its registers alone.
TEST_F(Registers, LossesAreCountedInEvents) {
    for (nadir_u64 time = 1; time <= 4; ++time) {
        add(time);
    }
    for (nadir_u64 first = 0; first <= 16; ++first) {
        system.nadir.events_lost[0] = first;
        tool::EventReader fresh(device, 1, std::nullopt, true);
        const tool::Harvest harvest = fresh.read();
        const nadir_u64 lost = (first + 3) / 4;
        EXPECT_EQ(harvest.events.size(), 4 - lost) << first;
        EXPECT_EQ(fresh.tallies()[0].lost, lost) << first;
        EXPECT_EQ(fresh.tallies()[0].events, 4 - lost) << first;
        for (const tool::SeenEvent& one : harvest.events) {
            EXPECT_TRUE(one.registers);
        }
    }
}

TEST_F(Registers, OfAnotherEventAreNotTaken) {
    add(1);
    add(2);
    std::vector<nadir_event>& ring = system.nadir.events[0];
    ring.erase(ring.begin() + 1, ring.begin() + 5); // event 1, and the parts of event 2
    const tool::Harvest harvest = read();
    ASSERT_EQ(harvest.events.size(), 1u);
    EXPECT_FALSE(harvest.events[0].registers);
}

TEST_F(Registers, AFastProcessorDoesNotKeepTheOthersWaiting) {
    system.nadir.events[0].resize(100'000);
    system.nadir.events[1].resize(1);
    tool::EventReader both(device, 2, std::nullopt, false);
    tool::Harvest harvest = both.read();
    EXPECT_TRUE(harvest.more);
    EXPECT_LE(harvest.events.size(), 2 * NADIR_EVENT_RING_EVENTS);
    EXPECT_EQ(both.tallies()[1].events, 1u);
    while (harvest.more) {
        harvest = both.read();
    }
    EXPECT_EQ(both.tallies()[0].events, 100'000u);
}

TEST_F(Registers, AnEventWithoutThemIsShownAllTheSame) {
    system.nadir.events[0].push_back({});
    add(2);
    const tool::Harvest harvest = read();
    ASSERT_EQ(harvest.events.size(), 2u);
    EXPECT_FALSE(harvest.events[0].registers);
    EXPECT_TRUE(harvest.events[1].registers);
}

} // namespace
} // namespace nadir::test
