// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/controls.h"

#include "tests/unit/check/example_processor.h"

#include <gtest/gtest.h>

namespace nadir::check {
namespace {

TEST(Controls, RequiredAndOptionalAndForced) {
    constexpr arch::ControlBounds bounds{0b0001, 0b0111};
    constexpr ControlChoice choice = choose(0b0010, 0b1100, bounds);
    static_assert(choice.ok());
    EXPECT_EQ(choice.value, 0b0111u);
    EXPECT_EQ(choice.absent, 0b1000u);
    EXPECT_EQ(choice.forced, 0b0001u);
    EXPECT_TRUE(choice.has(1));
    EXPECT_FALSE(choice.has(3));
    EXPECT_TRUE(bounds.accepts(choice.value));
}

TEST(Controls, MissingIsAnError) {
    const ControlChoice choice = choose(0b11000, 0, {0, 0b01000});
    EXPECT_FALSE(choice.ok());
    EXPECT_EQ(choice.missing, 0b10000u);
    EXPECT_EQ(choice.first_missing(), 4u);
    EXPECT_EQ(choice.value, 0b01000u);
}

TEST(Controls, EveryGroupOfAGoodProcessor) {
    const arch::Capabilities caps = test::example_processor();
    for (const ControlGroup group :
         {ControlGroup::pin, ControlGroup::primary, ControlGroup::secondary, ControlGroup::exit, ControlGroup::entry}) {
        const ControlChoice choice = choose(group, caps);
        EXPECT_TRUE(choice.ok()) << name_of(group);
        EXPECT_TRUE(bounds_of(group, caps).accepts(choice.value)) << name_of(group);
    }
    // EPT, RDTSCP, VPID, unrestricted guest, INVPCID, XSAVES.
    EXPECT_EQ(choose(ControlGroup::secondary, caps).value, 0x0010'10AAu);
    // With what a caller wants besides: NMI exiting and virtual NMIs.
    EXPECT_EQ(choose(ControlGroup::pin, caps, 0x28).value, 0x3Eu);
}

// What CPUID shows has to work; what it doesn't show isn't switched on.
TEST(Controls, FollowCpuid) {
    arch::Capabilities caps = test::example_processor();
    caps.leaf_80000001.edx &= ~(1u << 27); // RDTSCP
    caps.leaf_7.ebx &= ~(1u << 10);        // INVPCID
    caps.leaf_d_1.eax &= ~(1u << 3);       // XSAVES
    EXPECT_EQ(choose(ControlGroup::secondary, caps).value, 0xA2u);
    EXPECT_FALSE(choose(ControlGroup::entry, caps).has(20));
    caps.leaf_7.ecx |= 1u << 7 | 1u << 5 | 1u << 31; // CET_SS, WAITPKG, PKS
    EXPECT_EQ(choose(ControlGroup::entry, caps).missing, 1u << 20 | 1u << 22);
    // This processor has room in its exit controls up to bit 24.
    EXPECT_EQ(choose(ControlGroup::exit, caps).missing, 1u << 28 | 1u << 29);
    EXPECT_EQ(choose(ControlGroup::secondary, caps).missing, 1u << 26);
    EXPECT_EQ(control_name(ControlGroup::secondary, 26), "enable user wait and pause");
    EXPECT_EQ(control_name(ControlGroup::secondary, 31), "");
}

TEST(Controls, EachWishIsNamedOnce) {
    for (const ControlWish& wish : control_wishes) {
        EXPECT_FALSE(wish.name.empty());
        EXPECT_TRUE(wish.reason.starts_with("so that ")) << wish.reason;
        EXPECT_EQ(control_name(wish.group, wish.position()), wish.name) << "two wishes for one control";
    }
}

} // namespace
} // namespace nadir::check
