// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The walks of `nadir memory` over made-up tables with all that can be in them, and what it prints of bytes.
#include "tests/tool/memory_tables.h"
#include "tool/exit_status.h"
#include "tool/memory/address.h"
#include "tool/memory/disassembly.h"
#include "tool/memory/ept_walk.h"
#include "tool/memory/hexdump.h"
#include "tool/memory/page_walk.h"

#include <gmock/gmock.h>
#include <map>

namespace nadir::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t root = tables_root;
constexpr std::uint64_t present = 1, writable = 2, user = 4, large = 0x80;
constexpr std::uint64_t no_execute = std::uint64_t{1} << 63;
constexpr std::uint64_t kernel_address = 0xFFFF'FFFF'8123'4567;
constexpr std::uint64_t cr4_la57 = 0x1000;

// Physical memory that tables are put into.
struct Physical {
    std::map<std::uint64_t, std::uint64_t> entries;
    std::uint64_t unreadable = ~std::uint64_t{0};

    // Entries on the way to an address, from `level` on in a table, the first one in that table.
    void put(std::uint64_t table, std::uint64_t address, unsigned level, std::vector<std::uint64_t> values) {
        for (const std::uint64_t value : values) {
            entries[table + ((address >> (12 + 9 * (level - 1))) & 511) * 8] = value;
            table = value & 0x000F'FFFF'FFFF'F000;
            --level;
        }
    }
    [[nodiscard]] tool::ReadPhysical reader() const {
        return [this](std::uint64_t physical, std::span<std::uint8_t> to) {
            nadir_report report{};
            report.status = physical == unreadable ? NADIR_MEMORY_OURS : NADIR_OK;
            const auto entry = entries.find(physical);
            const std::uint64_t value = entry == entries.end() ? 0 : entry->second;
            std::memcpy(to.data(), &value, std::min(to.size(), sizeof(value)));
            return report;
        };
    }
    [[nodiscard]] tool::PageWalk walk(std::uint64_t address, const nadir_address_space& space = long_mode()) const {
        return tool::walk_pages(space, address, reader());
    }
};

TEST(PageWalk, OfEachPageSize) {
    const struct {
        std::vector<std::uint64_t> entries;
        std::uint64_t size, physical;
    } cases[] = {
        {{0x2003, 0x3003, 0x4003, 0x5003}, 0x1000, 0x5567},
        {{0x2003, 0x3003, 0x4020'0083}, 0x20'0000, 0x4023'4567},
        {{0x2003, 0x8000'0083}, 0x4000'0000, 0x8123'4567},
    };
    for (const auto& one : cases) {
        Physical memory;
        memory.put(root, kernel_address, 4, one.entries);
        const tool::PageWalk walk = memory.walk(kernel_address);
        ASSERT_TRUE(walk.mapped()) << walk.problem;
        EXPECT_EQ(walk.page_size, one.size);
        EXPECT_EQ(walk.physical, one.physical) << std::hex << walk.physical;
        ASSERT_EQ(walk.steps.size(), one.entries.size());
        EXPECT_EQ(walk.steps.front().place, root + 511 * 8);
        EXPECT_EQ(walk.steps.front().level, 4u);
        EXPECT_TRUE(walk.steps.back().leaf);
        EXPECT_FALSE(walk.steps.front().leaf);
    }
}

TEST(PageWalk, HasFiveLevelsWhereCr4SaysSo) {
    constexpr std::uint64_t address = 0x00AB'CDEF'0123'4567;
    Physical memory;
    memory.put(root, address, 5, {0x2003, 0x3003, 0x4003, 0x5003, 0x6003});
    const tool::PageWalk walk = memory.walk(address, long_mode(cr4_la57));
    ASSERT_TRUE(walk.mapped()) << walk.problem;
    EXPECT_EQ(walk.steps.size(), 5u);
    EXPECT_EQ(walk.physical, 0x6567u);
    EXPECT_THAT(memory.walk(address).problem, HasSubstr("not canonical: with 4-level paging, bits 63 to 47"));
    EXPECT_THAT(memory.walk(std::uint64_t{1} << 56, long_mode(cr4_la57)).problem, HasSubstr("bits 63 to 56"));
}

TEST(PageWalk, RightsAreThoseOfAllLevels) {
    constexpr std::uint64_t all = present | writable | user;
    const struct {
        unsigned level; // whose entry lacks something
        std::uint64_t bits;
    } cases[] = {{1, present | user}, {2, present | writable}, {4, all | no_execute}};
    for (const auto& one : cases) {
        std::vector<std::uint64_t> entries = {0x2000 | all, 0x3000 | all, 0x4000 | all, 0x5000 | all};
        std::uint64_t& entry = entries[4 - one.level];
        entry = (entry & ~all) | one.bits;
        Physical memory;
        memory.put(root, 0x1234'5000, 4, entries);
        const tool::PageWalk walk = memory.walk(0x1234'5000);
        ASSERT_TRUE(walk.mapped()) << walk.problem;
        EXPECT_EQ(walk.writable, (one.bits & writable) != 0);
        EXPECT_EQ(walk.user, (one.bits & user) != 0);
        EXPECT_EQ(walk.executable, (one.bits & no_execute) == 0);
    }
}

TEST(PageWalk, EndsWhereAnEntryIsNotPresent) {
    for (unsigned depth = 0; depth < 4; ++depth) {
        std::vector<std::uint64_t> entries = {0x2003, 0x3003, 0x4003, 0x5003};
        entries.resize(depth);
        Physical memory;
        memory.put(root, kernel_address, 4, entries);
        const tool::PageWalk walk = memory.walk(kernel_address);
        EXPECT_EQ(walk.steps.size(), depth + 1);
        EXPECT_THAT(walk.problem, HasSubstr("not present (P is 0), and empty"));
        entries.push_back(0x0800'0000'0000'0402); // what a system writes when it swaps a page out
        memory.put(root, kernel_address, 4, entries);
        EXPECT_THAT(memory.walk(kernel_address).problem, HasSubstr("swapped out"));
    }
}

TEST(PageWalk, EndsWhereReservedBitsAreSet) {
    const auto problem = [](std::vector<std::uint64_t> entries, nadir_address_space space = long_mode()) {
        Physical memory;
        memory.put(root, 0, 4, std::move(entries));
        return memory.walk(0, space).problem;
    };
    nadir_address_space without_nx = long_mode();
    without_nx.efer = 0x501;
    nadir_address_space without_1g = long_mode();
    without_1g.large_1g = 0;
    EXPECT_THAT(problem({std::uint64_t{1} << 40 | 3}), HasSubstr("0x10000000000"));
    EXPECT_THAT(problem({0x2083}), HasSubstr("(0x80)")) << "no PML4E maps a page";
    EXPECT_THAT(problem({0x2003, 0x3003, 0x4003, no_execute | 0x5003}, without_nx), HasSubstr("RSVD"));
    EXPECT_THAT(problem({0x2003, 0x4000'0083}, without_1g), HasSubstr("RSVD"));
    EXPECT_THAT(problem({0x2003, 0x3003, 0x20'2083}), HasSubstr("(0x2000)")) << "address bits below the page's size";
    EXPECT_EQ(problem({0x2003, 0x3003, 0x20'1083}), "") << "the PAT bit of a large page is none of these";
    EXPECT_EQ(problem({0x2003, 0x3003, 0x4003, no_execute | 0x5003}), "");
}

TEST(PageWalk, SaysWhichTableCannotBeRead) {
    Physical memory;
    memory.put(root, 0, 4, {0x2003, 0x3003});
    memory.unreadable = 0x3000;
    const tool::PageWalk walk = memory.walk(0);
    EXPECT_THAT(walk.problem,
                HasSubstr("the PDE at physical address 0x3000 can't be read: this physical address is in Nadir's"));
    nadir_address_space off = long_mode();
    off.cr0 = 0x11;
    EXPECT_THAT(memory.walk(0, off).problem, HasSubstr("paging is off"));
    nadir_address_space compatible = long_mode();
    compatible.efer = 0;
    EXPECT_THAT(memory.walk(0, compatible).problem, HasSubstr("no 64-bit system"));
}

TEST(EptWalk, OfEachPageSize) {
    constexpr std::uint64_t address = 0x1'4567'89AB;
    const tool::EptWalkWords page = tool::take_ept_apart(ept({0xB007, 0xC007, 0xD007, 0x77031}), address);
    EXPECT_TRUE(page.mapped());
    EXPECT_EQ(page.physical, 0x779ABu);
    EXPECT_EQ(page.page_size, 0x1000u);
    EXPECT_EQ(page.type, arch::MemoryType::write_back);
    EXPECT_EQ(tool::rights_of(page), "read");
    EXPECT_EQ(page.steps[1].place, 0xB000u + 5 * 8);
    const tool::EptWalkWords middle = tool::take_ept_apart(ept({0xB007, 0xC007, 0x1'4560'00B7}), address);
    EXPECT_EQ(middle.page_size, 0x20'0000u);
    EXPECT_EQ(middle.physical, 0x1'4567'89ABu);
    const tool::EptWalkWords largest = tool::take_ept_apart(ept({0xB005, 0x1'4000'0087}), address);
    EXPECT_EQ(largest.page_size, 0x4000'0000u);
    EXPECT_EQ(tool::rights_of(largest), "read, execute") << "of all levels together";
    EXPECT_EQ(largest.type, arch::MemoryType::uncacheable);
    EXPECT_THAT(tool::take_ept_apart(ept({0xB007, 0}), address).problem, HasSubstr("nobody has touched"));
    EXPECT_THAT(tool::take_ept_apart(ept({0xB007, 0xC007, 0xD007, 0x30}), address).problem, HasSubstr("EPT violation"));
    EXPECT_THAT(tool::take_ept_apart(ept({0xB007}), address).problem, HasSubstr("no end"));
}

TEST(Hexdump, HasAddressBytesAndCharacters) {
    std::ostringstream out;
    tool::Bytes bytes;
    for (const char c : std::string("Nadir\n\x7F~ from beneath")) {
        bytes.emplace_back(static_cast<std::uint8_t>(c));
    }
    bytes[2] = std::nullopt;
    tool::print_hexdump(out, 0xFFFF'8880'0000'1000, bytes);
    EXPECT_EQ(out.str(), "ffff888000001000  4e 61 -- 69 72 0a 7f 7e  20 66 72 6f 6d 20 62 65  |Na ir..~ from be|\n"
                         "ffff888000001010  6e 65 61 74 68                                    |neath|\n");
}

std::uint64_t find_symbol(std::string_view name) {
    if (name != "vfs_read") {
        throw tool::Failure(tool::ExitStatus::usage, "no symbol");
    }
    return 0x1000;
}

TEST(Address, IsHexadecimalAndItsSizeDecimal) {
    EXPECT_EQ(tool::parse_range("ffffffff81000000", find_symbol).address, 0xFFFF'FFFF'8100'0000u);
    EXPECT_EQ(tool::parse_range("10", find_symbol).address, 16u);
    EXPECT_THROW((void)tool::parse_range("face", find_symbol), tool::Failure) << "it may be a symbol";
    EXPECT_EQ(tool::parse_range("0x1000+100", find_symbol).size, 100u);
    EXPECT_EQ(tool::parse_range("1000+0x100", find_symbol).size, 256u);
    EXPECT_EQ(tool::parse_range("ffffffffffffffff+1", find_symbol).size, 1u);
    for (const char* wrong : {"", "+5", "x", "1000+", "1000+x", "1000+0", "ffffffffffffffff+2", "12345678901234567"}) {
        EXPECT_THROW((void)tool::parse_range(wrong, find_symbol), tool::Failure) << wrong;
    }
    EXPECT_EQ(tool::parse_range("vfs_read", find_symbol).address, 0x1000u);
    EXPECT_EQ(tool::parse_range("vfs_read+16", find_symbol).size, 16u);
    EXPECT_EQ(tool::parse_range("vfs_read+0x10+5", find_symbol).address, 0x1010u);
    EXPECT_EQ(tool::parse_range("vfs_read+0x10+5", find_symbol).size, 5u);
    EXPECT_THROW((void)tool::parse_range("1000+1+1", find_symbol), tool::Failure);
    EXPECT_EQ(tool::parse_address("vfs_read+0x10", find_symbol), 0x1010u);
    EXPECT_THROW((void)tool::parse_address("ffffffffffffffff+1", find_symbol), tool::Failure);
    EXPECT_THROW((void)tool::parse_address("1000+1+1", find_symbol), tool::Failure);
}

TEST(Disassembly, CompletesTheLastInstructionAndGivesUpSingleBytes) {
    const std::uint8_t code[] = {0xF3, 0x0F, 0x1E, 0xFA, 0x06, 0xE8, 0x01, 0x00, 0x00, 0x00, 0xC3};
    const auto all = tool::disassemble(code, 6, 0xFFFF'FFFF'8100'0000);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].text, "endbr64");
    EXPECT_EQ(all[1].text, "(bad)");
    EXPECT_EQ(all[2].text, "call 0xffffffff8100000b");
    EXPECT_EQ(all[2].address, 0xFFFF'FFFF'8100'0005u);
    EXPECT_EQ(all[2].bytes.size(), 5u);
}

} // namespace
} // namespace nadir::test
