// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The mechanism of arch/register.h, on a register made up for it.
#include "arch/print.h"
#include "arch/register.h"

#include <gtest/gtest.h>

#include <array>
#include <type_traits>

namespace {

using namespace nadir::arch;

enum class Colour : std::uint8_t { red = 0, green = 2 };
constexpr std::string_view name_of(Colour colour) {
    return colour == Colour::red ? "red" : (colour == Colour::green ? "green" : std::string_view{});
}

struct Sample : Register<Sample, std::uint32_t, Reserved::zero, 0x2u> {
    NADIR_REGISTER
    NADIR_BIT(first, 0, "lowest bit")

    // Comments and blank lines may stand between fields.
    NADIR_FIELD(std::uint8_t, middle, 11, 4, "eight bits")
    NADIR_FIELD(Colour, colour, 13, 12, "a colour")
    NADIR_ADDRESS(address, 30, 16, "an address")
    NADIR_BIT(valid, 31, "highest bit")
};

struct Ones : Register<Ones, std::uint8_t, Reserved::one> {
    NADIR_REGISTER
    NADIR_BIT(low, 0, "lowest bit")
};

struct Kept : Register<Kept, std::uint16_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, all_of_it, 15, 0, "everything")
};

struct Empty : Register<Empty, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
};

static_assert(sizeof(Sample) == 4 && sizeof(Ones) == 1 && sizeof(Kept) == 2);
static_assert(std::is_trivially_copyable_v<Sample> && std::is_standard_layout_v<Sample>);
static_assert(!std::is_convertible_v<std::uint32_t, Sample>, "a number becomes a register only by name");
static_assert(RegisterType<Sample> && !RegisterType<int>);

TEST(Register, SettersChainAndGettersRead) {
    constexpr Sample sample =
        Sample{}.set_first(true).set_middle(0xA5).set_colour(Colour::green).set_address(0x12340000).set_valid(true);
    static_assert(sample.value == 0x92342A51);
    EXPECT_TRUE(sample.first());
    EXPECT_EQ(sample.middle(), 0xA5);
    EXPECT_EQ(sample.colour(), Colour::green);
    EXPECT_EQ(sample.address(), 0x12340000u);
    EXPECT_TRUE(sample.valid());
    EXPECT_EQ(Sample{sample}.set_first(false).value, 0x92342A50u);
    EXPECT_EQ(Sample{}.value, 0u);
    EXPECT_EQ(Sample{5}, Sample{5});
    EXPECT_NE(Sample{5}, Sample{6});
}

TEST(Register, SettersKeepTheirHandsOffOtherBits) {
    Sample sample{0xFFFFFFFF};
    EXPECT_EQ(sample.set_middle(0).value, 0xFFFFF00Fu);
    volatile std::uint64_t wide = 0xFFFFFFFF; // only a value known at compile time is rejected; others are cut
    EXPECT_EQ(Sample{}.set_address(static_cast<std::uint32_t>(wide)).value, 0x7FFF0000u);
}

TEST(Register, MasksAndTable) {
    static_assert(Sample::first_mask == 1 && Sample::middle_mask == 0xFF0 && Sample::colour_mask == 0x3000);
    static_assert(Sample::address_mask == 0x7FFF0000 && Sample::valid_mask == 0x80000000);
    static_assert(std::is_same_v<decltype(Kept::all_of_it_mask), const std::uint16_t>);
    ASSERT_EQ(Sample::fields.size(), 5u);
    EXPECT_EQ(Sample::fields[0].name, "first");
    EXPECT_EQ(Sample::fields[0].kind, FieldKind::flag);
    EXPECT_EQ(Sample::fields[1].name, "middle");
    EXPECT_EQ(Sample::fields[1].description, "eight bits");
    EXPECT_EQ(Sample::fields[1].high, 11);
    EXPECT_EQ(Sample::fields[1].low, 4);
    EXPECT_EQ(Sample::fields[1].kind, FieldKind::number);
    EXPECT_EQ(Sample::fields[2].kind, FieldKind::enumeration);
    EXPECT_EQ(Sample::fields[2].value_name(2), "green");
    EXPECT_EQ(Sample::fields[2].value_name(3), "");
    EXPECT_EQ(Sample::fields[3].kind, FieldKind::address);
    EXPECT_EQ(Sample::fields[4].of(0x80000000), 1u);
    EXPECT_TRUE(Empty::fields.empty());
}

TEST(Register, ReservedBits) {
    static_assert(Sample::reserved_mask == 0x0000C00E && Sample::reserved_ones == 2);
    EXPECT_TRUE(Sample{2}.reserved_valid());
    EXPECT_TRUE(Sample{0x80000003}.reserved_valid());
    EXPECT_FALSE(Sample{0}.reserved_valid());
    EXPECT_FALSE(Sample{6}.reserved_valid());

    static_assert(Ones::reserved_mask == 0xFE && Ones::reserved_ones == 0xFE);
    EXPECT_TRUE(Ones{0xFE}.valid());
    EXPECT_TRUE(Ones{0xFF}.valid());
    EXPECT_FALSE(Ones{0x7F}.valid());

    EXPECT_TRUE(Kept{0xFFFF}.valid());
    EXPECT_EQ(Empty::reserved_mask, ~std::uint64_t{0});
    EXPECT_TRUE(Empty{0}.valid());
    EXPECT_FALSE(Empty{1}.valid());
}

TEST(Register, Visitor) {
    std::array<std::string_view, 5> names{};
    std::size_t count = 0;
    visit_fields<Sample>([&](const Field& field, auto, auto) { names.at(count++) = field.name; });
    EXPECT_EQ(names, (std::array<std::string_view, 5>{"first", "middle", "colour", "address", "valid"}));
}

TEST(Register, Printer) {
    const auto printed = [](Sample sample) {
        static std::array<char, 200> out;
        nadir::base::Writer writer(out);
        print(writer, sample);
        return writer.view();
    };
    EXPECT_EQ(printed(Sample{0x92342A51}), "first middle=165 colour=green address=0x12340000 valid");
    EXPECT_EQ(printed(Sample{0}), "colour=red");
    EXPECT_EQ(printed(Sample{0x3000}), "colour=3");
    EXPECT_EQ(printed(Sample{0x8}), "colour=red reserved=0x8");
}

} // namespace
