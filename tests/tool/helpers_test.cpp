// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/text_file.h"
#include "tool/table.h"
#include "tool/units.h"

#include <gtest/gtest.h>
#include <sstream>

namespace nadir::tool {
namespace {

TEST(Units, Bytes) {
    EXPECT_EQ(bytes(0), "0 bytes");
    EXPECT_EQ(bytes(1023), "1023 bytes");
    EXPECT_EQ(bytes(1025), "2 KiB");
    EXPECT_EQ(bytes(1u << 20), "1024 KiB");
    EXPECT_EQ(bytes(5u << 19), "2.5 MiB");
}

TEST(Units, Grouped) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(~0ull), "18,446,744,073,709,551,615");
}

TEST(Units, Ranges) {
    EXPECT_EQ(ranges({}), "");
    EXPECT_EQ(ranges({3}), "3");
    EXPECT_EQ(ranges({0, 1, 2, 5, 7, 8}), "0-2, 5, 7-8");
    EXPECT_EQ(counted(1, "processor"), "1 processor");
    EXPECT_EQ(counted(2, "processor"), "2 processors");
}

TEST(TextFile, Ranges) {
    EXPECT_EQ(parse_ranges("0-3,8\n"), (std::vector<unsigned>{0, 1, 2, 3, 8}));
    EXPECT_EQ(parse_ranges("0\n"), (std::vector<unsigned>{0}));
    EXPECT_TRUE(parse_ranges("").empty());
    EXPECT_TRUE(parse_ranges("none").empty());
    EXPECT_FALSE(read_text("/does/not/exist").has_value());
}

TEST(Table, Aligned) {
    Table table({"a", "count"});
    table.add({"long name", "1"});
    table.add({"x", "1,000,000"});
    std::ostringstream out;
    table.print(out);
    EXPECT_EQ(out.str(), "a              count\nlong name          1\nx          1,000,000\n");
}

} // namespace
} // namespace nadir::tool
