// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Views: they differ in the pages that were set and in nothing else, whatever changes beneath them, and share what doesn't differ.
#include "core/memory/view.h"

#include <map>
#include <random>

#include "tests/unit/core/ept_fixture.h"

namespace nadir::test {
namespace {

using arch::EptLeaf;
using arch::MemoryType;

constexpr uint64_t view_physical = 0x7'6000'0000;
constexpr uint64_t step_physical = 0x7'6800'0000;
constexpr uint64_t copy_page = 0x7'7000'5000;

constexpr EptLeaf execute_only(uint64_t copy) {
    return EptLeaf::make(copy, MemoryType::write_back, 1).set_read(false).set_write(false);
}

struct Memory {
    Memory(uint64_t physical, uint32_t pages)
        : bytes(static_cast<uint8_t*>(std::aligned_alloc(4096, pages * 4096ull))),
          pool{bytes.get(), physical, pages, 0}, memory{bytes.get(), physical, pages * 4096ull} {
        std::memset(bytes.get(), 0x5A, pages * 4096ull); // what an earlier use left
    }
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> bytes;
    core::PagePool pool;
    core::ViewMemory memory;
};

class View : public ::testing::Test {
protected:
    explicit View(uint32_t pages = 200) : memory(view_physical, pages), step_memory(step_physical, 16) {
        tables.plan.mtrr = pc_mtrrs();
        tables.hide(0x1'2345'6000, 0x7000);
        EXPECT_TRUE(tables.build());
        view = {&tables.plan, nullptr, &memory.pool, memory.memory, 0};
        EXPECT_TRUE(core::view_begin(view));
        step = {&tables.plan, &view, &step_memory.pool, step_memory.memory, 0};
    }

    std::optional<fake::EptTranslation> walk(const core::EptView& which, uint64_t address) const {
        return fake::walk_ept(which.root, address, tables.plan.physical_bits, [this](uint64_t at) -> const uint64_t* {
            if (memory.memory.contains(at)) {
                return memory.pool.at(at);
            }
            if (step_memory.memory.contains(at)) {
                return step_memory.pool.at(at);
            }
            for (uint32_t i = 0; i < tables.plan.pool.returned_count; ++i) {
                if (tables.plan.pool.returned[i].physical == at) {
                    throw std::logic_error("a table that was given back");
                }
            }
            return tables.plan.pool.at(at);
        });
    }

    // Everything around the address: in each size that a leaf can have, before, at and behind it.
    void expect_like_beneath(uint64_t address) {
        for (const uint64_t span : {kib4, mib2, gib}) {
            for (const uint64_t at : {address - span, address + span, address & ~(span - 1), address | (span - 1)}) {
                if ((at >> tables.plan.physical_bits) != 0 || set.contains(at & ~(kib4 - 1))) {
                    continue;
                }
                const auto base = tables.walk(at);
                const auto seen = walk(view, at);
                ASSERT_EQ(seen.has_value(), base.has_value()) << std::hex << at;
                if (seen) {
                    ASSERT_EQ(seen->physical, base->physical) << std::hex << at;
                    ASSERT_EQ(seen->type, base->type) << std::hex << at;
                    ASSERT_EQ(seen->rights, base->rights) << std::hex << at;
                }
            }
        }
    }

    void expect_right() {
        for (const auto& [address, leaf] : set) {
            const auto seen = walk(view, address);
            ASSERT_TRUE(seen.has_value());
            ASSERT_EQ(seen->physical, leaf.address());
            ASSERT_EQ(seen->rights, leaf.value & 7);
            ASSERT_EQ(seen->type, reference_type(tables.plan.mtrr, leaf.address()));
            expect_like_beneath(address);
        }
    }

    void hide(uint64_t address, EptLeaf leaf) {
        ASSERT_TRUE(core::view_set(view, address, leaf)) << std::hex << address;
        set[address] = leaf;
    }
    EptLeaf read_only(uint64_t address) {
        return EptLeaf{core::ept_entry_at(tables.plan, 1, address).value}.set_write(false).set_execute(false);
    }

    Tables tables{39};
    Memory memory, step_memory;
    core::EptView view{}, step{};
    std::map<uint64_t, EptLeaf> set;
};

TEST_F(View, OnePageThatDiffersCosts16KiB) {
    EXPECT_EQ(memory.pool.used, 1u);
    hide(5 * gib + 0x1234'5000, execute_only(copy_page));
    EXPECT_EQ(memory.pool.used, 4u);
    hide(5 * gib + 0x1234'6000, execute_only(copy_page)); // a neighbour
    EXPECT_EQ(memory.pool.used, 4u);
    hide(5 * gib + 0x1254'6000, execute_only(copy_page)); // the next 2 MiB
    EXPECT_EQ(memory.pool.used, 5u);
    hide(6 * gib, execute_only(copy_page));
    EXPECT_EQ(memory.pool.used, 7u);
    expect_right();
}

TEST_F(View, OnlyThePagesThatWereSetDiffer) {
    for (const uint64_t address :
         {uint64_t{0}, uint64_t{0xA'0000}, 2 * gib, 2 * gib - kib4, 4 * gib, uint64_t{0x1'2345'D000}}) {
        hide(address, read_only(address));
    }
    hide(0x9000, execute_only(copy_page));
    expect_right();
}

TEST_F(View, ARestoredPageIsWhatLiesBeneath) {
    hide(3 * mib2, execute_only(copy_page));
    core::view_restore(view, 3 * mib2);
    core::view_restore(view, 77 * gib); // where nothing differs
    set.clear();
    expect_like_beneath(3 * mib2);
    EXPECT_EQ(walk(view, 3 * mib2)->rights, 7u);
}

TEST_F(View, TablesAreCountedBeforehand) {
    std::mt19937_64 random{7};
    for (const unsigned count : {1u, 2u, 10u, 40u}) {
        memory.pool.used = 0;
        ASSERT_TRUE(core::view_begin(view));
        std::map<uint64_t, bool> pages;
        while (pages.size() < count) {
            pages[random() % (64 * gib) & ~(kib4 - 1)] = true;
        }
        std::vector<uint64_t> addresses;
        for (const auto& [address, unused] : pages) {
            ASSERT_TRUE(core::view_set(view, address, execute_only(copy_page)));
            addresses.push_back(address);
        }
        EXPECT_EQ(core::view_tables_needed(addresses.data(), addresses.size()), memory.pool.used);
    }
}

TEST_F(View, WithoutAPageNothingChanges) {
    hide(gib, execute_only(copy_page));
    memory.pool.pages = memory.pool.used + 1;
    EXPECT_FALSE(core::view_set(view, 9 * gib, execute_only(copy_page)));
    expect_like_beneath(9 * gib);
    expect_right();
}

TEST_F(View, AnotherViewOnTopOfIt) {
    const uint64_t one = 5 * gib, other = 5 * gib + mib2;
    hide(one, read_only(one));
    hide(other, read_only(other));
    ASSERT_TRUE(core::view_begin(step));
    ASSERT_TRUE(core::view_set(step, one, EptLeaf{read_only(one)}.set_write(true).set_execute(true)));
    EXPECT_EQ(walk(step, one)->rights, 7u);
    EXPECT_EQ(walk(step, other)->rights, 1u);
    EXPECT_EQ(walk(view, one)->rights, 1u);
    EXPECT_EQ(step_memory.pool.used, 4u);
    core::view_restore(step, one);
    EXPECT_EQ(walk(step, one)->rights, 1u);
    EXPECT_EQ(walk(step, 7 * gib), walk(view, 7 * gib));
}

class ViewWithoutLargePages : public View {
protected:
    ViewWithoutLargePages() {
        tables = Tables{39, false};
        tables.plan.mtrr = pc_mtrrs();
        EXPECT_TRUE(tables.build());
        view.plan = step.plan = &tables.plan;
        memory.pool.used = 0;
        EXPECT_TRUE(core::view_begin(view));
    }
};

TEST_F(ViewWithoutLargePages, WhatIsMappedOnDemandIsFollowed) {
    ASSERT_EQ(core::ept_map(tables.plan, gib), EptResult::mapped);
    core::view_follow(view, gib);
    hide(gib, read_only(gib)); // the view has a PDPT of its own now
    for (const uint64_t address : {7 * gib, 9 * gib}) {
        EXPECT_FALSE(walk(view, address).has_value());
        ASSERT_EQ(core::ept_map(tables.plan, address), EptResult::mapped);
        EXPECT_FALSE(walk(view, address).has_value());
        core::view_follow(view, address);
        EXPECT_EQ(walk(view, address), tables.walk(address));
    }
    expect_right();
}

// The guest changes its MTRRs while pages are hidden: tables beneath are split, joined, given back and used again.
TEST_F(View, FollowsWhateverChangesBeneath) {
    std::mt19937_64 random{11};
    const auto somewhere = [&] {
        return (random() % 24 * 512 * mib2 + random() % 4 * mib2 + random() % 4 * kib4) % (30 * gib);
    };
    for (unsigned round = 0; round < 300; ++round) {
        if (const uint64_t address = somewhere(); random() % 3 != 0 && set.size() < 20 && !set.contains(address)) {
            hide(address, random() % 2 == 0 ? read_only(address) : execute_only(copy_page));
        } else if (!set.empty()) {
            core::view_restore(view, set.begin()->first);
            set.erase(set.begin());
        }
        const unsigned range = 1 + static_cast<unsigned>(random() % 3);
        const uint64_t bytes = kib4 << (9 * (random() % 3));
        set_range(tables.plan.mtrr, range, somewhere() & ~(bytes - 1), bytes, random() % 2 == 0 ? 0 : 6);
        tables.plan.pool.invalidated =
            tables.plan.pool.epoch; // all processors have come by: pages are used again at once
        (void)core::ept_refresh_types(tables.plan);
        core::view_refresh(view);
        expect_right();
        if (HasFailure()) {
            FAIL() << "round " << round;
        }
    }
}

} // namespace
} // namespace nadir::test
