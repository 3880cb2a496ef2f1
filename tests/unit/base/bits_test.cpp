// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "base/bits.h"

#include <gtest/gtest.h>

namespace {

using namespace nadir::base;

static_assert(mask<0, 0> == 1);
static_assert(mask<63, 0> == ~std::uint64_t{0});
static_assert(mask<63, 63> == 0x8000000000000000);
static_assert(mask<51, 12> == 0x000FFFFFFFFFF000);
static_assert(mask<15, 8, std::uint16_t> == 0xFF00);
static_assert(bit<13> == 0x2000);
static_assert(extract<15, 8>(std::uint32_t{0x12345678}) == 0x56);

TEST(Bits, LowMask) {
    EXPECT_EQ(low_mask(0), 0u);
    EXPECT_EQ(low_mask(1), 1u);
    EXPECT_EQ(low_mask(63), 0x7FFFFFFFFFFFFFFFu);
    EXPECT_EQ(low_mask(64), ~std::uint64_t{0});
    EXPECT_EQ(low_mask(200), ~std::uint64_t{0});
}

TEST(Bits, TestBit) {
    EXPECT_TRUE(test_bit(0x8000000000000000, 63));
    EXPECT_FALSE(test_bit(0x8000000000000000, 62));
    EXPECT_FALSE(test_bit(~std::uint64_t{0}, 64));
}

TEST(Bits, Alignment) {
    EXPECT_EQ(align_up(0, 4096), 0u);
    EXPECT_EQ(align_up(1, 4096), 4096u);
    EXPECT_EQ(align_up(4096, 4096), 4096u);
    EXPECT_EQ(align_up(~std::uint64_t{0}, 4096), 0u);
    EXPECT_EQ(align_down(4097, 4096), 4096u);
    EXPECT_TRUE(is_aligned(8192, 4096));
    EXPECT_FALSE(is_aligned(8193, 4096));
    EXPECT_EQ(divide_up(0, 7), 0u);
    EXPECT_EQ(divide_up(7, 7), 1u);
    EXPECT_EQ(divide_up(8, 7), 2u);
}

TEST(Bits, PowersOfTwo) {
    EXPECT_FALSE(is_power_of_two(0));
    EXPECT_TRUE(is_power_of_two(1));
    EXPECT_TRUE(is_power_of_two(0x8000000000000000));
    EXPECT_FALSE(is_power_of_two(3));
    EXPECT_EQ(log2_floor(1), 0u);
    EXPECT_EQ(log2_floor(0x8000000000000000), 63u);
    EXPECT_EQ(log2_floor(5), 2u);
}

TEST(Bits, SignExtend) {
    EXPECT_EQ(sign_extend(0x80, 8), 0xFFFFFFFFFFFFFF80u);
    EXPECT_EQ(sign_extend(0x7F, 8), 0x7Fu);
    EXPECT_EQ(sign_extend(0x17F, 8), 0x7Fu);
    EXPECT_EQ(sign_extend(0x1234, 64), 0x1234u);
}

TEST(Bits, Canonical) {
    for (const unsigned width : {48u, 57u}) {
        const std::uint64_t top_of_lower = (std::uint64_t{1} << (width - 1)) - 1;
        EXPECT_TRUE(is_canonical(0, width));
        EXPECT_TRUE(is_canonical(top_of_lower, width));
        EXPECT_FALSE(is_canonical(top_of_lower + 1, width));
        EXPECT_FALSE(is_canonical(~top_of_lower - 1, width));
        EXPECT_TRUE(is_canonical(~top_of_lower, width));
        EXPECT_TRUE(is_canonical(~std::uint64_t{0}, width));
    }
    EXPECT_FALSE(is_canonical(0x0000800000000000, 48));
    EXPECT_TRUE(is_canonical(0x0000800000000000, 57));
}

} // namespace
