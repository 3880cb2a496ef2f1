// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// base/memory.cpp under other names, so that the test's own C library stays in place.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#define memcpy nadir_test_memcpy
#define memmove nadir_test_memmove
#define memset nadir_test_memset
#define memcmp nadir_test_memcmp
#include "base/memory.cpp"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

namespace {

std::vector<unsigned char> numbered(std::size_t count) {
    std::vector<unsigned char> bytes(count);
    for (std::size_t i = 0; i < count; ++i) {
        bytes[i] = static_cast<unsigned char>(i * 7 + 1);
    }
    return bytes;
}

TEST(Memory, CopyAndSet) {
    const auto source = numbered(300);
    for (const std::size_t count : {0u, 1u, 7u, 8u, 255u, 300u}) {
        std::vector<unsigned char> target(302, 0xEE);
        EXPECT_EQ(nadir_test_memcpy(target.data() + 1, source.data(), count), target.data() + 1);
        EXPECT_EQ(target[0], 0xEE);
        EXPECT_EQ(target[count + 1], 0xEE);
        EXPECT_EQ(std::memcmp(target.data() + 1, source.data(), count), 0);

        EXPECT_EQ(nadir_test_memset(target.data() + 1, 0x1A5, count), target.data() + 1);
        EXPECT_EQ(target[0], 0xEE);
        EXPECT_EQ(target[count + 1], 0xEE);
        for (std::size_t i = 1; i <= count; ++i) {
            ASSERT_EQ(target[i], 0xA5);
        }
    }
}

TEST(Memory, MoveOverlapsEitherWay) {
    for (std::size_t from = 0; from < 20; ++from) {
        for (std::size_t to = 0; to < 20; ++to) {
            for (const std::size_t count : {0u, 1u, 9u, 20u}) {
                auto ours = numbered(60);
                auto expected = ours;
                EXPECT_EQ(nadir_test_memmove(ours.data() + to, ours.data() + from, count), ours.data() + to);
                std::memmove(expected.data() + to, expected.data() + from, count);
                ASSERT_EQ(ours, expected) << from << " to " << to << ", " << count;
            }
        }
    }
}

TEST(Memory, CompareIsUnsigned) {
    const unsigned char low[] = {1, 2, 0x7F};
    const unsigned char high[] = {1, 2, 0x80};
    EXPECT_EQ(nadir_test_memcmp(low, high, 2), 0);
    EXPECT_EQ(nadir_test_memcmp(low, high, 0), 0);
    EXPECT_LT(nadir_test_memcmp(low, high, 3), 0);
    EXPECT_GT(nadir_test_memcmp(high, low, 3), 0);
}

} // namespace
