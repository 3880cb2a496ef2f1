// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Paging, EPT, memory types.
#include "arch/msr/apic_base.h"
#include "arch/msr/mtrr.h"
#include "arch/msr/pat.h"
#include "arch/paging.h"
#include "arch/vmx/ept.h"

#include <gtest/gtest.h>

namespace {

using namespace nadir::arch;

TEST(Paging, LevelsAndIndices) {
    static_assert(page_level_size(1) == page_size_4k && page_level_size(2) == page_size_2m);
    static_assert(page_level_size(3) == page_size_1g && page_level_shift(5) == 48);
    constexpr std::uint64_t address =
        (511ull << 48) | (1ull << 39) | (2ull << 30) | (3ull << 21) | (4ull << 12) | 0xFFF;
    EXPECT_EQ(table_index(address, 5), 511u);
    EXPECT_EQ(table_index(address, 4), 1u);
    EXPECT_EQ(table_index(address, 3), 2u);
    EXPECT_EQ(table_index(address, 2), 3u);
    EXPECT_EQ(table_index(address, 1), 4u);
    EXPECT_EQ(table_index(0xFFFFFFFF80000000, 4), 511u);
}

TEST(Paging, Entries) {
    EXPECT_TRUE(Page4k{0x8000000012345063}.present() && Page4k{0x8000000012345063}.writable());
    EXPECT_TRUE(Page4k{0x8000000012345063}.execute_disable() && Page4k{0x8000000012345063}.dirty());
    EXPECT_EQ(Page4k{0x8000000012345063}.address(), 0x12345000u);
    EXPECT_EQ(Page4k{0x98}.pat_index(), 7u);
    EXPECT_EQ(PageLarge{0x1018}.pat_index(), 7u);
    EXPECT_EQ(PageLarge{0x400000E3}.address(), 0x40000000u);
    EXPECT_EQ(Page4k{5ull << 59}.protection_key(), 5);
    EXPECT_TRUE(PaePdpte{0x12345001}.valid());
    EXPECT_FALSE(PaePdpte{0x12345003}.valid()) << "no write bit at that level";
    EXPECT_FALSE(PaePdpte{0x8000000012345001}.valid());
}

TEST(Ept, Leaves) {
    static_assert(EptLeaf::make(0x40000000, MemoryType::write_back, 3).value == 0x400000B7);
    static_assert(EptLeaf::make(0xFEE00000, MemoryType::uncacheable, 1).value == 0xFEE00007);
    constexpr EptEntry entry = EptLeaf::make(0x200000, MemoryType::write_through, 2);
    EXPECT_TRUE(entry.present() && entry.is_leaf(2) && entry.large());
    EXPECT_EQ(entry.memory_type(), MemoryType::write_through);
    EXPECT_EQ(entry.leaf().address(), 0x200000u);
    EXPECT_TRUE(EptLeaf{std::uint64_t{1} << 63}.suppress_ve());
    EXPECT_FALSE(EptEntry{0x80}.present());
}

TEST(Ept, Tables) {
    static_assert(make_ept_table_entry(0x123456000).value == 0x123456007);
    constexpr EptEntry entry = make_ept_table_entry(0x123456000);
    EXPECT_FALSE(entry.is_leaf(2));
    EXPECT_TRUE(entry.is_leaf(1));
    EXPECT_EQ(entry.table().must_be_zero(), 0);
}

TEST(Ept, Pointer) {
    constexpr Eptp eptp = Eptp{}
                              .set_memory_type(MemoryType::write_back)
                              .set_walk_length_minus_one(3)
                              .set_accessed_dirty(true)
                              .set_address(0x5000);
    static_assert(eptp.value == 0x505E);
    EXPECT_EQ(eptp.walk_length(), 4u);
    EXPECT_TRUE(eptp.valid());
    EXPECT_FALSE(Eptp{0x100}.valid());
}

TEST(MemoryType, WhichAreValid) {
    for (unsigned type = 0; type < 256; ++type) {
        const bool mtrr = type == 0 || type == 1 || (type >= 4 && type <= 6);
        EXPECT_EQ(valid_mtrr_type(static_cast<std::uint8_t>(type)), mtrr) << type;
        EXPECT_EQ(valid_pat_type(static_cast<std::uint8_t>(type)), mtrr || type == 7) << type;
        EXPECT_EQ(name_of(static_cast<MemoryType>(type)).empty(), !(mtrr || type == 7)) << type;
    }
}

TEST(Mtrr, AVariableRange) {
    constexpr MtrrPhysicalBase base{0xC0000006};
    constexpr MtrrPhysicalMask mask{0xFFC0000800};
    EXPECT_EQ(base.type(), MemoryType::write_back);
    EXPECT_EQ(base.address(), 0xC0000000u);
    EXPECT_TRUE(mask.valid());
    EXPECT_EQ(mask.address(), 0xFFC0000000u);
    EXPECT_EQ(MtrrPhysicalMask{}.set_address(0xFFC0000000).set_valid(true), mask);
    EXPECT_FALSE(MtrrPhysicalMask{1}.reserved_valid());
}

TEST(Mtrr, CapabilityDefaultAndFixed) {
    EXPECT_EQ(MtrrCapability{0x508}.variable_count(), 8);
    EXPECT_TRUE(MtrrCapability{0x508}.fixed() && MtrrCapability{0x508}.write_combining());
    EXPECT_TRUE(MtrrDefaultType{0xC06}.enable() && MtrrDefaultType{0xC06}.fixed_enable());
    EXPECT_EQ(MtrrDefaultType{0xC06}.type(), MemoryType::write_back);
    constexpr MtrrFixed fixed{0x0605040100000606};
    EXPECT_EQ(fixed.type(0), MemoryType::write_back);
    EXPECT_EQ(fixed.type(2), MemoryType::uncacheable);
    EXPECT_EQ(fixed.type(7), MemoryType::write_back);
    EXPECT_EQ(fixed.type5(), MemoryType::write_through);
}

TEST(Pat, Entries) {
    constexpr Pat pat{Pat::initial};
    EXPECT_EQ(pat.entry(0), MemoryType::write_back);
    EXPECT_EQ(pat.entry(1), MemoryType::write_through);
    EXPECT_EQ(pat.entry(2), MemoryType::uncached);
    EXPECT_EQ(pat.entry(3), MemoryType::uncacheable);
    EXPECT_EQ(pat.entry(7), pat.pa7());
    EXPECT_TRUE(pat.types_valid());
    EXPECT_FALSE(Pat{0x02}.types_valid());
    EXPECT_FALSE(Pat{0x08}.types_valid()) << "a reserved bit";
    EXPECT_FALSE(Pat{0x0300000000000000}.types_valid());
}

TEST(ApicBase, Parts) {
    constexpr ApicBase apic{0xFEE00D00};
    EXPECT_TRUE(apic.bsp() && apic.enable() && apic.x2apic());
    EXPECT_EQ(apic.base(), 0xFEE00000u);
    EXPECT_TRUE(apic.valid());
}

} // namespace
