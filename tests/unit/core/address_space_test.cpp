// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's page tables, walked as the processor walks them; and what of the arena they map.
#include "core/root/address_space.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "tests/fakes/ept_walk.h"

namespace nadir::test {
namespace {

using core::AddressSpace;
using core::PageRights;

class Pool {
public:
    explicit Pool(uint32_t pages) : memory_(static_cast<uint8_t*>(std::aligned_alloc(4096, (pages + 1) * 4096ull))) {
        std::memset(memory_.get(), 0, pages * 4096ull);
        pool = {memory_.get(), 0x9'8765'4000, pages, 0};
    }
    core::PagePool pool;

    std::optional<fake::PageTranslation> walk(uint64_t root, unsigned levels, uint64_t address) const {
        return fake::walk_pages(root, levels, address, [this](uint64_t physical) {
            if (physical < pool.physical || physical >= pool.physical + pool.used * 4096ull) {
                throw std::logic_error("a table outside the pool");
            }
            return pool.at(physical);
        });
    }

private:
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
};

class Levels : public ::testing::TestWithParam<unsigned> {};

TEST_P(Levels, MapsWhatItWasToldAndNothingElse) {
    const unsigned levels = GetParam();
    std::mt19937_64 random{levels};
    Pool pool{400};
    AddressSpace space{pool.pool, levels};
    std::map<uint64_t, std::pair<uint64_t, PageRights>> mapped;
    const unsigned bits = 12 + 9 * levels;
    for (unsigned i = 0; i < 60; ++i) {
        uint64_t linear = (random() & ((uint64_t{1} << bits) - 1)) & ~uint64_t{0xFFF};
        if ((linear >> (bits - 1)) != 0) {
            linear |= ~uint64_t{0} << bits; // canonical
        }
        for (uint64_t page = 0; page < 3; ++page) {
            const uint64_t physical = random() & 0x000F'FFFF'FFFF'F000;
            const PageRights rights{(random() & 1) != 0, (random() & 1) != 0};
            ASSERT_TRUE(space.map(linear + page * 4096, physical, rights));
            mapped[linear + page * 4096] = {physical, rights};
        }
    }
    for (const auto& [linear, expected] : mapped) {
        const auto seen = pool.walk(space.root(), levels, linear + 0x123);
        ASSERT_TRUE(seen.has_value()) << std::hex << linear;
        EXPECT_EQ(seen->physical, expected.first + 0x123);
        EXPECT_EQ(seen->writable, expected.second.writable);
        EXPECT_EQ(seen->executable, expected.second.executable);
        EXPECT_FALSE(seen->user);
        EXPECT_TRUE(seen->accessed_and_dirty);
        for (const uint64_t neighbour : {linear - 4096, linear + 4096}) {
            if (!mapped.contains(neighbour)) {
                EXPECT_EQ(pool.walk(space.root(), levels, neighbour), std::nullopt);
            }
        }
    }
}

TEST_P(Levels, ARowOfPagesThatNeedsSeveralTables) {
    const unsigned levels = GetParam();
    constexpr uint64_t first = (uint64_t{1} << 30) - 3 * 4096; // the last pages of a GiB, two MiB, and some
    constexpr uint64_t pages = 3 + 512 + 2;
    Pool pool{20};
    AddressSpace space{pool.pool, levels};
    ASSERT_TRUE(space.map(first, 0x12'3000, {true, false}, pages));
    for (uint64_t i = 0; i < pages; ++i) {
        const auto seen = pool.walk(space.root(), levels, first + i * 4096);
        ASSERT_TRUE(seen.has_value()) << i;
        EXPECT_EQ(seen->physical, 0x12'3000 + i * 4096);
        EXPECT_TRUE(seen->writable && !seen->executable);
    }
    EXPECT_EQ(pool.walk(space.root(), levels, first - 4096), std::nullopt);
    EXPECT_EQ(pool.walk(space.root(), levels, first + pages * 4096), std::nullopt);

    ASSERT_TRUE(space.map(uint64_t{7} << 30, 0x1000, {true, false}, 0));
    EXPECT_EQ(pool.walk(space.root(), levels, uint64_t{7} << 30), std::nullopt);
}

TEST_P(Levels, ReservedPagesLieBesideAndAreNotMapped) {
    const unsigned levels = GetParam();
    constexpr uint64_t two_mib = 2u << 20;
    const uint64_t highest_gib = ~uint64_t{0} << 30; // canonical, upper half
    for (const uint64_t gib : {uint64_t{0}, uint64_t{5} << 30, highest_gib}) {
        Pool pool{20};
        AddressSpace space{pool.pool, levels};
        ASSERT_TRUE(space.map(gib + 2 * two_mib, 0x1000, {true, false}));
        const uint32_t used = pool.pool.used;
        const uint64_t first = space.reserve(600);
        EXPECT_EQ(first, gib + 3 * two_mib) << "not at the beginning, and two in a row";
        EXPECT_EQ(pool.pool.used, used + 2) << "only the lowest tables are new";
        for (const uint64_t page : {0, 511, 512, 599}) {
            EXPECT_EQ(pool.walk(space.root(), levels, first + page * 4096), std::nullopt);
            EXPECT_EQ(space.entry_of(first + page * 4096), space.entry_of(first) + page) << "the entries lie in a row";
        }
        *(space.entry_of(first) + 512) = core::page_entry(0x7'7000, {true, false});
        EXPECT_EQ(pool.walk(space.root(), levels, first + 512 * 4096)->physical, 0x7'7000u);
        EXPECT_EQ(space.reserve(1), gib + two_mib);
        EXPECT_EQ(space.reserve(100'000), 0u) << "the pool is empty";
        EXPECT_EQ(space.reserve(513 * 512), 0u) << "more than there is room for";
    }
    Pool pool{4};
    AddressSpace nothing{pool.pool, levels};
    EXPECT_EQ(nothing.reserve(1), 0u) << "nothing is mapped";
}

INSTANTIATE_TEST_SUITE_P(AddressSpace, Levels, ::testing::Values(4u, 5u));

TEST(AddressSpace, AnEmptyPoolIsReported) {
    Pool none{0};
    AddressSpace without{none.pool, 4};
    EXPECT_EQ(without.root(), 0u);
    EXPECT_FALSE(without.map(0x1000, 0x1000, {true, false}));
    EXPECT_EQ(without.reserve(1), 0u);

    Pool few{4}; // root and one table per level below
    AddressSpace space{few.pool, 4};
    EXPECT_TRUE(space.map(0x1000, 0x1000, {true, false}));
    EXPECT_TRUE(space.map(0x2000, 0x2000, {true, false}));
    EXPECT_FALSE(space.map(0x4000'0000, 0x3000, {true, false}));
    EXPECT_EQ(few.walk(space.root(), 4, 0x4000'0000), std::nullopt);
    EXPECT_TRUE(few.walk(space.root(), 4, 0x2000).has_value());
}

} // namespace
} // namespace nadir::test
