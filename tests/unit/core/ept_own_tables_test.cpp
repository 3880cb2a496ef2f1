// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a processor maps for itself alone once the pool of all is empty.
#include "core/memory/ept_own_tables.h"

#include <vector>

#include "tests/unit/core/ept_fixture.h"

namespace nadir::test {
namespace {

constexpr uint64_t own_physical = 0x7'0000'0000;

class OwnTables {
public:
    OwnTables(unsigned physical_bits, bool large_1g) : tables(physical_bits, large_1g) {
        tables.plan.mtrr = pc_mtrrs();
        tables.hide(0x1'2345'6000, 0x7000);
        EXPECT_TRUE(core::ept_may_outgrow_pool(tables.plan));
        EXPECT_TRUE(tables.build());
        memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(4096, core::EptOwnTables::pages * 4096)));
        std::memset(memory_.get(), 0x5A, core::EptOwnTables::pages * 4096); // what an earlier run left
        own.pool = {memory_.get(), own_physical, core::EptOwnTables::pages, 0};
    }

    std::optional<fake::EptTranslation> walk(uint64_t address) const {
        const auto table_at = [this](uint64_t physical) -> const uint64_t* {
            return physical - own_physical < core::EptOwnTables::pages * 4096 ? own.pool.at(physical)
                                                                              : tables.plan.pool.at(physical);
        };
        return fake::walk_ept(own.root, address, tables.plan.physical_bits, table_at);
    }

    // Touches all of these again and again, as an instruction does that needs them all. How often it had to be mapped.
    unsigned touch(const std::vector<uint64_t>& addresses) {
        for (unsigned mapped = 0; mapped < 100; ++mapped) {
            const uint64_t* missing = nullptr;
            for (const uint64_t& address : addresses) {
                if (!walk(address)) {
                    missing = &address;
                    break;
                }
            }
            if (missing == nullptr) {
                for (const uint64_t address : addresses) {
                    EXPECT_EQ(walk(address)->physical, address);
                    EXPECT_EQ(walk(address)->rights, 7u);
                    EXPECT_EQ(walk(address)->type, reference_type(tables.plan.mtrr, address)) << std::hex << address;
                }
                return mapped;
            }
            EXPECT_TRUE(core::ept_own_tables_map(tables.plan, own, *missing));
        }
        ADD_FAILURE() << "an instruction that touches all of them never ends";
        return 100;
    }

    Tables tables;
    core::EptOwnTables own{};

private:
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
};

TEST(EptOwnTables, OnlyWideAddressesNeedThem) {
    for (const unsigned bits : {36u, 37u, 39u, 46u, 47u, 48u}) {
        EptPlan plan{};
        plan.physical_bits = bits;
        plan.large_1g = true;
        EXPECT_EQ(core::ept_may_outgrow_pool(plan), bits > 46) << bits;
        plan.large_1g = false;
        EXPECT_EQ(core::ept_may_outgrow_pool(plan), bits > 37) << bits;
    }
}

// Far more parts than there are pages, one after the other and back.
TEST(EptOwnTables, AnyNumberOfParts) {
    for (const bool large_1g : {true, false}) {
        OwnTables w{large_1g ? 48u : 46u, large_1g};
        EXPECT_TRUE(core::ept_own_tables_map(w.tables.plan, w.own, 300 * tib_half / 3));
        const uint64_t part = large_1g ? tib_half : gib;
        const uint64_t first = large_1g ? 200 : 700;
        for (uint64_t i = 0; i < 200; ++i) {
            w.touch({(first + i) * part + 0x1234'5000});
        }
        for (uint64_t i = 200; i-- > 0;) {
            w.touch({(first + i) * part + 0x1234'5000, 2 * gib, 0xA'0000});
        }
        EXPECT_EQ(w.walk(0x1'2345'7123)->physical, hidden_page | 0x123) << "our memory stays hidden";
    }
}

TEST(EptOwnTables, AnInstructionThatNeedsManyPartsGetsDone) {
    OwnTables w{48, true};
    ASSERT_TRUE(core::ept_own_tables_map(w.tables.plan, w.own, 299 * tib_half)); // and the pages are nearly used up
    for (uint64_t i = 0; i < 10; ++i) {
        w.touch({(400 + i) * tib_half});
    }
    std::vector<uint64_t> parts;
    for (uint64_t i = 0; i < core::EptOwnTables::pages - 1; ++i) {
        parts.push_back((300 + i) * tib_half + i * gib);
    }
    w.touch(parts);
    OwnTables small{46, false};
    ASSERT_TRUE(core::ept_own_tables_map(small.tables.plan, small.own, 500 * gib));
    small.touch({600 * gib, 1600 * gib, 2600 * gib, 3600 * gib, 4600 * gib, 5600 * gib, 5601 * gib});
}

TEST(EptOwnTables, WhatAllHaveIsNotCopied) {
    OwnTables w{46, false};
    ASSERT_TRUE(core::ept_own_tables_map(w.tables.plan, w.own, 7 * gib));
    ASSERT_EQ(core::ept_map(w.tables.plan, 600 * gib), EptResult::mapped);
    const uint32_t used = w.own.pool.used;
    EXPECT_EQ(w.touch({600 * gib + 5}), 1u) << "its PML4 is a copy, which doesn't have it yet";
    EXPECT_EQ(w.own.pool.used, used);
}

TEST(EptOwnTables, TypesAreMadeAnewAfterTheMtrrsChanged) {
    OwnTables w{48, true};
    w.touch({});
    ASSERT_TRUE(core::ept_own_tables_map(w.tables.plan, w.own, 300 * tib_half));
    w.touch({300 * tib_half + 5 * gib});
    set_range(w.tables.plan.mtrr, 1, 300 * tib_half + 4 * gib, 4 * gib, 1);
    w.tables.plan.mtrr.mask[1].value |= uint64_t{3} << 46;
    core::ept_own_tables_clear(w.tables.plan, w.own);
    EXPECT_EQ(w.walk(300 * tib_half), std::nullopt);
    w.touch({300 * tib_half + 5 * gib, 300 * tib_half + 9 * gib});
    EXPECT_EQ(w.walk(300 * tib_half + 5 * gib)->type, 1u);
}

TEST(EptOwnTables, WithoutPagesThereIsNone) {
    OwnTables w{48, true};
    w.own.pool.pages = 0;
    EXPECT_FALSE(core::ept_own_tables_map(w.tables.plan, w.own, 300 * tib_half));
    EXPECT_FALSE(w.own.in_use());
    core::ept_own_tables_clear(w.tables.plan, w.own);
    EXPECT_FALSE(w.own.in_use());
}

} // namespace
} // namespace nadir::test
