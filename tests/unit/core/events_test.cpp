// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The watch while it is put together, and the ring's reader. What a watched processor does needs root mode's own address space:
// tests/bare/test_events.py.
#include <memory>

#include "arch/vmx/msr_bitmap.h"
#include "control/event_ring_reader.h"
#include "core/events/watch.h"
#include "core/exits/handlers.h"
#include "core/msr_policy.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

constexpr uint32_t reads = 1u << NADIR_EVENT_RDMSR;
constexpr uint32_t writes = 1u << NADIR_EVENT_WRMSR;

class Watch : public RootTest {
protected:
    Watch() {
        vmm.chunks[0].address = reinterpret_cast<uint8_t*>(bitmap.get());
        vmm.layout.watch_bitmap = 0;
    }
    std::unique_ptr<arch::MsrBitmap> bitmap = std::make_unique<arch::MsrBitmap>();
};

TEST_F(Watch, OfWhatThereIs) {
    EXPECT_EQ(core::prepare_watch(vmm, 0), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(core::prepare_watch(vmm, 1u << NADIR_EVENT_REGISTERS), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(core::prepare_watch(vmm, uint64_t{1} << 32 | 1), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(core::prepare_watch(vmm, NADIR_EVENTS_BUILT), NADIR_OK);
}

TEST_F(Watch, TheBitmapHasWhatIsAskedForAndThePolicy) {
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 0x1FFE, 0xC000'0001), NADIR_OK);
    arch::MsrBitmap policy;
    core::apply_msr_policy(policy);
    for (uint32_t low = 0; low < arch::MsrBitmap::range_size; ++low) {
        const uint32_t high = arch::MsrBitmap::high_range + low;
        EXPECT_EQ(bitmap->read_exits(low), low >= 0x1FFE) << low;
        EXPECT_EQ(bitmap->read_exits(high), low <= 1) << high;
        EXPECT_EQ(bitmap->write_exits(low), policy.write_exits(low)) << low;
        EXPECT_FALSE(bitmap->write_exits(high)) << high;
    }
}

TEST_F(Watch, AllMsrsAreAllButThoseThatRootModeCantJudge) {
    ASSERT_EQ(core::prepare_watch(vmm, reads | writes), NADIR_OK);
    ASSERT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 0, ~0u), NADIR_OK);
    uint32_t left = 0;
    for (uint32_t low = 0; low < arch::MsrBitmap::range_size; ++low) {
        for (const uint32_t msr : {low, arch::MsrBitmap::high_range + low}) {
            EXPECT_EQ(bitmap->read_exits(msr), core::is_watchable(msr)) << msr;
            EXPECT_EQ(bitmap->write_exits(msr), core::is_watchable(msr)) << msr;
            left += core::is_watchable(msr) ? 0 : 1;
        }
    }
    EXPECT_EQ(left, 4u);
}

TEST_F(Watch, ANewOneForgetsTheLast) {
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 0x10, 0x10), NADIR_OK);
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    EXPECT_FALSE(bitmap->read_exits(0x10));
    EXPECT_EQ(vmm.watch.range_count, 0u);
}

TEST_F(Watch, RangesAreBounded) {
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    EXPECT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 2, 1), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(core::add_watched_range(vmm, NADIR_RANGE_KINDS, 1, 2), NADIR_BAD_ARGUMENT);
    for (uint32_t i = 0; i < NADIR_EVENT_RANGES + NADIR_RANGE_KINDS; ++i) {
        EXPECT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, i, i), NADIR_OK);
    }
    EXPECT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 1, 1), NADIR_BAD_ARGUMENT);
}

TEST_F(Watch, ARangeIsOfOneThing) {
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::add_watched_range(vmm, NADIR_RANGE_CPUID_LEAF, 0x10, 0x12), NADIR_OK);
    EXPECT_FALSE(bitmap->read_exits(0x10));
    EXPECT_FALSE(core::is_in_range(vmm.watch, NADIR_RANGE_MSR, 0x10));
    EXPECT_FALSE(core::is_in_range(vmm.watch, NADIR_RANGE_CPUID_LEAF, 0xF));
    EXPECT_TRUE(core::is_in_range(vmm.watch, NADIR_RANGE_CPUID_LEAF, 0x10));
    EXPECT_TRUE(core::is_in_range(vmm.watch, NADIR_RANGE_CPUID_LEAF, 0x12));
    EXPECT_FALSE(core::is_in_range(vmm.watch, NADIR_RANGE_CPUID_LEAF, 0x13));
}

// The processor may have read parts of the bitmap already.
TEST_F(Watch, IsNotChangedWhileAProcessorUsesIt) {
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    vmm.watch.users = 1;
    EXPECT_EQ(core::prepare_watch(vmm, writes), NADIR_BUSY);
    EXPECT_EQ(core::add_watched_range(vmm, NADIR_RANGE_MSR, 0x10, 0x10), NADIR_BUSY);
    EXPECT_FALSE(bitmap->read_exits(0x10));
    EXPECT_EQ(vmm.watch.kinds, reads);
}

TEST_F(Watch, IsTakenOnlyWhenPreparedAndOnce) {
    vcpu.events.on = 1;
    EXPECT_EQ(core::begin_watch(vcpu, 0x10000, 0), NADIR_BUSY);
    vcpu.events.on = 0;
    EXPECT_EQ(core::begin_watch(vcpu, 0x10000, 0), NADIR_BAD_ARGUMENT) << "not prepared";
    ASSERT_EQ(core::prepare_watch(vmm, reads), NADIR_OK);
    EXPECT_EQ(core::begin_watch(vcpu, 0x10008, 0), NADIR_BAD_ARGUMENT) << "not at a page's beginning";
    EXPECT_EQ(core::begin_watch(vcpu, ~uint64_t{0xFFF}, 0), NADIR_BAD_ARGUMENT) << "around the end of addresses";
    vmm.ept.physical_bits = 36;
    EXPECT_EQ(core::begin_watch(vcpu, uint64_t{1} << 36, 0), NADIR_BAD_ARGUMENT) << "where there is no memory";
    vmm.ept.hidden[0] = {0x1F000, 0x1000};
    vmm.ept.hidden_count = 1;
    EXPECT_EQ(core::begin_watch(vcpu, 0x10000, 0), NADIR_BAD_ARGUMENT) << "its last page is Nadir's own";
    EXPECT_EQ(vmm.watch.users, 0u);
}

class Ring : public ::testing::Test {
protected:
    // As root mode writes it.
    void write(uint64_t number) {
        ring->begun = number + 1;
        ring->events[number % NADIR_EVENT_RING_EVENTS].word[0] = number;
        ring->events[number % NADIR_EVENT_RING_EVENTS].sequence = static_cast<nadir_u32>(number + 1);
    }
    control::EventRead read(uint64_t number) { return control::read_event(*ring, number, event); }

    std::unique_ptr<nadir_event_ring> ring{new nadir_event_ring{}};
    nadir_event event{};
};

TEST_F(Ring, WhatIsThereAndWhatIsNot) {
    EXPECT_EQ(read(0), control::EventRead::not_yet);
    for (uint64_t number = 0; number < 2500; ++number) {
        write(number);
    }
    EXPECT_EQ(read(2500), control::EventRead::not_yet);
    EXPECT_EQ(read(2499 - NADIR_EVENT_RING_EVENTS), control::EventRead::lost);
    for (uint64_t number = 2500 - NADIR_EVENT_RING_EVENTS; number < 2500; ++number) {
        ASSERT_EQ(read(number), control::EventRead::there);
        EXPECT_EQ(event.word[0], number);
    }
}

TEST_F(Ring, AnEventInWorkIsNotThereYet) {
    write(0);
    ring->begun = 2;
    EXPECT_EQ(read(0), control::EventRead::there);
    EXPECT_EQ(read(1), control::EventRead::not_yet);
}

} // namespace
} // namespace nadir::test
