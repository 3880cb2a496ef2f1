// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/gates.h"
#include "arch/segments.h"
#include "arch/tss.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

namespace {

using namespace nadir::arch;

TEST(Selector, Parts) {
    constexpr Selector user{0x33};
    EXPECT_EQ(user.index(), 6);
    EXPECT_EQ(user.rpl(), 3);
    EXPECT_FALSE(user.ti() || user.null());
    EXPECT_EQ(user.offset(), 0x30);
    EXPECT_TRUE(Selector{0}.null() && Selector{3}.null());
    EXPECT_FALSE(Selector{4}.null()) << "the LDT's first descriptor can be used";
    EXPECT_EQ(Selector::gdt(2).value, 0x10);
    EXPECT_EQ(Selector::gdt(5, 3).value, 0x2B);
}

TEST(SegmentDescriptor, OfARunningSystem) {
    static_assert(SegmentDescriptor::code64().value == 0x00AF9B000000FFFF);
    static_assert(SegmentDescriptor::data().value == 0x00CF93000000FFFF);
    static_assert(SegmentDescriptor::data(3).value == 0x00CFF3000000FFFF);
    constexpr SegmentDescriptor code64 = SegmentDescriptor::code64();
    EXPECT_EQ(code64.base(), 0u);
    EXPECT_EQ(code64.limit(), 0xFFFFFFFFu);
    EXPECT_EQ(code64.access_rights().value, 0xA09Bu);
    EXPECT_TRUE(code64.access_rights().l() && code64.access_rights().p() && code64.access_rights().s());
    EXPECT_EQ(SegmentDescriptor::data(3).access_rights().dpl(), 3);
}

TEST(SegmentDescriptor, BaseAndLimitAreScattered) {
    SegmentDescriptor descriptor;
    descriptor.set_base(0x89ABCDEF).set_limit(0x54321);
    EXPECT_EQ(descriptor.value, 0x8905'00AB'CDEF'4321u);
    EXPECT_EQ(descriptor.base(), 0x89ABCDEFu);
    EXPECT_EQ(descriptor.limit(), 0x54321u);
    EXPECT_EQ(descriptor.set_g(true).limit(), 0x54321FFFu);
}

TEST(SystemSegmentDescriptor, OfATaskStateSegment) {
    constexpr auto tss = SystemSegmentDescriptor::make(0xFFFFFE0000003000, 0x206F, segment_type::tss_busy);
    static_assert(tss.base() == 0xFFFFFE0000003000 && tss.limit() == 0x206F);
    EXPECT_EQ(tss.low.value, 0x00008B000000206Fu | (0x3000ull << 16));
    EXPECT_EQ(tss.high, 0xFFFFFE00u);
    EXPECT_EQ(tss.access_rights().value, 0x8Bu);
}

TEST(AccessRights, FromLar) {
    EXPECT_EQ(AccessRights::from_lar(0x00CF9300).value, 0xC093u);
    EXPECT_EQ(AccessRights::from_lar(0x00AF9B00).value, 0xA09Bu) << "the limit's bits in the middle are dropped";
    EXPECT_TRUE(AccessRights::none().unusable());
    EXPECT_TRUE(AccessRights::none().valid());
    EXPECT_FALSE(AccessRights{0x100}.valid());
    EXPECT_FALSE(AccessRights{0x20000}.valid());
}

TEST(DescriptorTableRegister, TenBytes) {
    DescriptorTableRegister gdtr{};
    gdtr.limit = 0x7F;
    gdtr.base = 0xFFFFFE0000001000;
    unsigned char bytes[10];
    std::memcpy(bytes, &gdtr, sizeof bytes);
    EXPECT_EQ(bytes[0], 0x7F);
    EXPECT_EQ(bytes[3], 0x10);
    EXPECT_EQ(bytes[9], 0xFF);
}

TEST(TaskStateSegment, Layout) {
    static_assert(offsetof(TaskStateSegment64, rsp) == 4);
    static_assert(offsetof(TaskStateSegment64, ist) == 0x24);
    static_assert(offsetof(TaskStateSegment64, io_map_base) == 0x66);
    static_assert(std::is_trivially_default_constructible_v<TaskStateSegment64>);
    EXPECT_EQ(sizeof(TaskStateSegment64), 0x68u);
}

TEST(InterruptGate, OffsetIsScattered) {
    constexpr auto gate = InterruptGate64::make(0xFFFFFFFF81A0BCDE, Selector{0x10}, 2, 3);
    EXPECT_EQ(gate.low.value, 0x81A0EE020010BCDEu);
    EXPECT_EQ(gate.high, 0xFFFFFFFFu);
    static_assert(gate.offset() == 0xFFFFFFFF81A0BCDE && gate.ist() == 2 && gate.selector().value == 0x10);
    EXPECT_TRUE(gate.low.p());
    EXPECT_EQ(gate.low.dpl(), 3);
}

} // namespace
