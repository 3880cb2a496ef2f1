// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "base/result.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace {

using nadir::base::Failure;
using nadir::base::Result;

enum class Refusal { locked, absent };

Result<int, Refusal> half(int number) {
    if (number % 2 != 0) {
        return Refusal::absent;
    }
    return number / 2;
}

Result<void, Refusal> lock(bool free) {
    if (!free) {
        return Failure{Refusal::locked};
    }
    return {};
}

TEST(Result, HoldsAValueOrAReason) {
    const auto good = half(8);
    ASSERT_TRUE(good.ok());
    EXPECT_TRUE(static_cast<bool>(good));
    EXPECT_EQ(good.value(), 4);
    EXPECT_EQ(*good, 4);
    EXPECT_EQ(half(7).error(), Refusal::absent);
    EXPECT_EQ(half(7).value_or(-1), -1);
    EXPECT_EQ(half(6).value_or(-1), 3);
}

TEST(Result, OfNothing) {
    EXPECT_TRUE(lock(true).ok());
    EXPECT_EQ(lock(false).error(), Refusal::locked);
    Result<void, int> done = nadir::base::success;
    EXPECT_TRUE(done.ok());
}

TEST(Result, SameTypeForBothNeedsAMark) {
    const Result<int, int> good = 3;
    const Result<int, int> bad = Failure{3};
    EXPECT_TRUE(good.ok());
    EXPECT_FALSE(bad.ok());
    EXPECT_EQ(bad.error(), 3);
}

TEST(Result, IsConstexprAndTrivial) {
    constexpr Result<int, Refusal> at_compile_time = 5;
    static_assert(at_compile_time.ok() && at_compile_time.value() == 5);
    static_assert(std::is_trivially_copyable_v<Result<int, Refusal>>);
    static_assert(std::is_trivially_destructible_v<Result<void, Refusal>>);
}

TEST(ResultDeathTest, AskingForWhatIsNotThereTraps) {
    EXPECT_DEATH((void)half(7).value(), "");
    EXPECT_DEATH((void)half(8).error(), "");
}

} // namespace
