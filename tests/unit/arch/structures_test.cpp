// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Bitmaps, descriptors and lists in memory.
#include "arch/msr/fred.h"
#include "arch/msr/pkrs.h"
#include "arch/msr/uintr.h"
#include "arch/vmx/invalidation.h"
#include "arch/vmx/io_bitmap.h"
#include "arch/vmx/msr_bitmap.h"
#include "arch/vmx/posted_interrupt.h"
#include "arch/vmx/structures.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>

namespace {

using namespace nadir::arch;

TEST(MsrBitmap, Covers) {
    EXPECT_TRUE(MsrBitmap::covers(0u));
    EXPECT_TRUE(MsrBitmap::covers(0x1FFFu));
    EXPECT_FALSE(MsrBitmap::covers(0x2000u));
    EXPECT_FALSE(MsrBitmap::covers(0x40000000u));
    EXPECT_FALSE(MsrBitmap::covers(0xBFFFFFFFu));
    EXPECT_TRUE(MsrBitmap::covers(0xC0000000u));
    EXPECT_TRUE(MsrBitmap::covers(0xC0001FFFu));
    EXPECT_FALSE(MsrBitmap::covers(0xC0002000u));
    EXPECT_TRUE(MsrBitmap::covers(Msr::ia32_efer));
}

TEST(MsrBitmap, EachBitIsWhereTheProcessorLooks) {
    const auto bitmap = std::make_unique<MsrBitmap>();
    struct Place {
        std::uint32_t msr;
        unsigned read_byte;
        unsigned bit;
    };
    for (const Place& place : {Place{0, 0, 0}, Place{0x1FFF, 1023, 7}, Place{0x10, 2, 0}, Place{0x3A, 7, 2},
                               Place{0xC0000000, 1024, 0}, Place{0xC0000080, 1040, 0}, Place{0xC0001FFF, 2047, 7}}) {
        bitmap->set_read(place.msr, true);
        EXPECT_EQ(bitmap->bytes[place.read_byte], 1u << place.bit);
        EXPECT_TRUE(bitmap->read_exits(place.msr));
        EXPECT_FALSE(bitmap->write_exits(place.msr));
        bitmap->set_read(place.msr, false);
        bitmap->set_write(place.msr, true);
        EXPECT_EQ(bitmap->bytes[place.read_byte], 0);
        EXPECT_EQ(bitmap->bytes[place.read_byte + 2048], 1u << place.bit);
        EXPECT_TRUE(bitmap->write_exits(place.msr));
        bitmap->set_write(place.msr, false);
        EXPECT_EQ(bitmap->bytes[place.read_byte + 2048], 0);
    }
}

TEST(MsrBitmap, OutsideTheRangesEverythingExits) {
    const auto bitmap = std::make_unique<MsrBitmap>();
    bitmap->set_read(0x40000000u, false);
    bitmap->set_write(0x2000u, false);
    EXPECT_TRUE(bitmap->read_exits(0x40000000u));
    EXPECT_TRUE(bitmap->write_exits(0x2000u));
    for (const std::uint8_t byte : bitmap->bytes) {
        ASSERT_EQ(byte, 0);
    }
    bitmap->set_all(true);
    EXPECT_TRUE(bitmap->read_exits(Msr::ia32_tsc) && bitmap->write_exits(Msr::ia32_lstar));
}

TEST(IoBitmaps, Places) {
    const auto bitmaps = std::make_unique<IoBitmaps>();
    bitmaps->set(0xE9, true);
    EXPECT_EQ(bitmaps->bytes[0x1D], 0x02);
    bitmaps->set(0x8000, true);
    EXPECT_EQ(bitmaps->bytes[4096], 0x01);
    EXPECT_TRUE(bitmaps->exits(0xE9, 1));
    EXPECT_TRUE(bitmaps->exits(0xE6, 4)) << "one of four ports";
    EXPECT_FALSE(bitmaps->exits(0xEA, 2));
    EXPECT_TRUE(bitmaps->exits(0x7FFF, 2));
    EXPECT_TRUE(bitmaps->exits(0xFFFF, 2)) << "wraps around";
    EXPECT_FALSE(bitmaps->exits(0xFFFF, 1));
    bitmaps->set(0xE9, false);
    EXPECT_FALSE(bitmaps->exits(0xE9, 1));
}

TEST(PostedInterrupts, Layout) {
    PostedInterruptDescriptor descriptor;
    static_assert(offsetof(PostedInterruptDescriptor, control) == 32 && alignof(PostedInterruptDescriptor) == 64);
    descriptor.request(0xF2);
    EXPECT_EQ(descriptor.requests[3], 1ull << 50);
    EXPECT_TRUE(descriptor.requested(0xF2));
    EXPECT_FALSE(descriptor.requested(0xF1));
    EXPECT_EQ(PostedInterruptControl{0x0000000500F20001}.notification_vector(), 0xF2);
    EXPECT_EQ(PostedInterruptControl{0x0000000500F20001}.notification_destination(), 5u);
}

TEST(Structures, Layout) {
    static_assert(offsetof(MsrListEntry, index) == 0 && offsetof(MsrListEntry, value) == 8);
    static_assert(offsetof(VirtualizationExceptionInformation, qualification) == 8);
    static_assert(offsetof(VirtualizationExceptionInformation, guest_physical_address) == 24);
    static_assert(offsetof(InvvpidDescriptor, linear_address) == 8 && sizeof(InveptDescriptor) == 16);
    static_assert(static_cast<int>(InveptType::single_context) == 1 && static_cast<int>(InveptType::all_context) == 2);
    static_assert(static_cast<int>(InvvpidType::single_context_retaining_globals) == 3);
    EXPECT_TRUE(VmcsRevision{0x80000004}.shadow());
    EXPECT_EQ(VmcsRevision{0x80000004}.identifier(), 4u);
    EXPECT_FALSE(name_of(VmxAbort::host_msr_loading).empty());
    EXPECT_FALSE(TprThreshold{0x10}.valid());
}

TEST(SmallRegisters, WithMoreThanFields) {
    EXPECT_TRUE(Pkrs{0x8}.write_disabled(1));
    EXPECT_FALSE(Pkrs{0x8}.access_disabled(1));
    EXPECT_TRUE(Pkrs{0x4}.access_disabled(1));
    EXPECT_EQ(FredStackLevels{3ull << 28}.of(14), 3u);
    EXPECT_EQ(FredConfig{0xFFFFFFFF81000400}.entry_point(), 0xFFFFFFFF81000000u);
    EXPECT_EQ(FredConfig{0xFFFFFFFF81000400}.interrupt_stack_level(), 2);
    EXPECT_EQ(UintrMisc{0x000000F20000000F}.notification_vector(), 0xF2);
    EXPECT_EQ(UintrMisc{0x000000F20000000F}.target_table_size(), 15u);
}

} // namespace
