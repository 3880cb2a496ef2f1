// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "base/format.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace {

using nadir::base::Writer;

std::string formatted(std::string_view pattern, std::initializer_list<std::uint64_t> arguments,
                      std::size_t size = 200) {
    std::string buffer(size + 1, '#'); // one more, to see that nothing is written behind the end
    const std::size_t length = nadir::base::format(std::span<char>(buffer.data(), size), pattern,
                                                   std::span<const std::uint64_t>(arguments.begin(), arguments.size()));
    EXPECT_EQ(buffer[size], '#');
    if (size == 0) {
        return {};
    }
    EXPECT_EQ(buffer[length], '\0');
    EXPECT_EQ(std::strlen(buffer.c_str()), length);
    return buffer.substr(0, length);
}

TEST(Writer, Numbers) {
    std::array<char, 100> out{};
    Writer writer(out);
    writer.text("a ").decimal(0).character(' ').decimal(std::numeric_limits<std::uint64_t>::max());
    writer.character(' ').hex(0).character(' ').hex(0xDEADBEEF12345678).character(' ').hex(0xAB, 4);
    EXPECT_EQ(writer.view(), "a 0 18446744073709551615 0x0 0xdeadbeef12345678 0x00ab");
    EXPECT_FALSE(writer.truncated());
}

TEST(Writer, CutsSafely) {
    for (std::size_t size = 0; size < 12; ++size) {
        std::string buffer(size + 1, '#');
        Writer writer(std::span<char>(buffer.data(), size));
        writer.text("12345678").decimal(90);
        EXPECT_EQ(buffer[size], '#');
        EXPECT_EQ(writer.truncated(), size < 11);
        EXPECT_EQ(writer.length(), size == 0 ? 0 : std::min<std::size_t>(size - 1, 10));
        if (size > 0) {
            EXPECT_EQ(std::string(buffer.c_str()), std::string("1234567890").substr(0, size - 1));
        }
    }
}

TEST(Format, Placeholders) {
    EXPECT_EQ(formatted("cpu {d}: rip {x}", {3, 0x1000}), "cpu 3: rip 0x1000");
    EXPECT_EQ(formatted("{{d}} }}", {}), "{d} }"); // a lone closing brace is itself, a doubled one too
    EXPECT_EQ(formatted("no placeholder", {1, 2}), "no placeholder");
}

TEST(Format, MistakesDoNotCrash) {
    EXPECT_EQ(formatted("{d} {d}", {1}), "1 {?}");
    EXPECT_EQ(formatted("{q} {d}", {1, 2}), "{?} 2");
    EXPECT_EQ(formatted("{d", {1}), "{?}");
    EXPECT_EQ(formatted("{", {1}), "{?}");
    EXPECT_EQ(formatted("{}", {1}), "{?}");
    EXPECT_EQ(formatted("{long} x", {1}), "{?} x");
    EXPECT_EQ(formatted("}", {}), "}");
    EXPECT_EQ(formatted("", {}), "");
}

TEST(Format, Truncates) {
    for (std::size_t size = 0; size < 20; ++size) {
        const std::string whole = "value=0x12345678";
        EXPECT_EQ(formatted("value={x}", {0x12345678}, size), size == 0 ? "" : whole.substr(0, size - 1));
    }
}

} // namespace
