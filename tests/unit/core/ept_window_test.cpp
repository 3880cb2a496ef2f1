// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a processor maps for itself alone once the pool of all is empty.
#include "core/memory/ept_window.h"

#include <vector>

#include "tests/unit/core/ept_fixture.h"

namespace nadir::test {
namespace {

constexpr uint64_t window_physical = 0x7'0000'0000;

class Window {
public:
    Window(unsigned physical_bits, bool large_1g) : tables(physical_bits, large_1g) {
        tables.plan.mtrr = pc_mtrrs();
        tables.hide(0x1'2345'6000, 0x7000);
        EXPECT_TRUE(core::ept_may_outgrow_pool(tables.plan));
        EXPECT_TRUE(tables.build());
        memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(4096, core::EptWindow::pages * 4096)));
        std::memset(memory_.get(), 0x5A, core::EptWindow::pages * 4096); // what an earlier run left
        window.pool = {memory_.get(), window_physical, core::EptWindow::pages, 0};
    }

    std::optional<fake::EptTranslation> walk(uint64_t address) const {
        const auto table_at = [this](uint64_t physical) -> const uint64_t* {
            return physical - window_physical < core::EptWindow::pages * 4096 ? window.pool.at(physical)
                                                                              : tables.plan.pool.at(physical);
        };
        return fake::walk_ept(window.root, address, tables.plan.physical_bits, table_at);
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
            EXPECT_TRUE(core::ept_window_map(tables.plan, window, *missing));
        }
        ADD_FAILURE() << "an instruction that touches all of them never ends";
        return 100;
    }

    Tables tables;
    core::EptWindow window{};

private:
    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
};

TEST(EptWindow, OnlyWideAddressesNeedOne) {
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
TEST(EptWindow, AnyNumberOfParts) {
    for (const bool large_1g : {true, false}) {
        Window w{large_1g ? 48u : 46u, large_1g};
        EXPECT_TRUE(core::ept_window_map(w.tables.plan, w.window, 300 * tib_half / 3));
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

TEST(EptWindow, AnInstructionThatNeedsManyPartsGetsDone) {
    Window w{48, true};
    ASSERT_TRUE(core::ept_window_map(w.tables.plan, w.window, 299 * tib_half)); // and the pages are nearly used up
    for (uint64_t i = 0; i < 10; ++i) {
        w.touch({(400 + i) * tib_half});
    }
    std::vector<uint64_t> parts;
    for (uint64_t i = 0; i < core::EptWindow::pages - 1; ++i) {
        parts.push_back((300 + i) * tib_half + i * gib);
    }
    w.touch(parts);
    Window small{46, false};
    ASSERT_TRUE(core::ept_window_map(small.tables.plan, small.window, 500 * gib));
    small.touch({600 * gib, 1600 * gib, 2600 * gib, 3600 * gib, 4600 * gib, 5600 * gib, 5601 * gib});
}

TEST(EptWindow, WhatAllHaveIsNotCopied) {
    Window w{46, false};
    ASSERT_TRUE(core::ept_window_map(w.tables.plan, w.window, 7 * gib));
    ASSERT_EQ(core::ept_map(w.tables.plan, 600 * gib), EptResult::mapped);
    const uint32_t used = w.window.pool.used;
    EXPECT_EQ(w.touch({600 * gib + 5}), 1u) << "its PML4 is a copy, which doesn't have it yet";
    EXPECT_EQ(w.window.pool.used, used);
}

TEST(EptWindow, TypesAreMadeAnewAfterTheMtrrsChanged) {
    Window w{48, true};
    w.touch({});
    ASSERT_TRUE(core::ept_window_map(w.tables.plan, w.window, 300 * tib_half));
    w.touch({300 * tib_half + 5 * gib});
    set_range(w.tables.plan.mtrr, 1, 300 * tib_half + 4 * gib, 4 * gib, 1);
    w.tables.plan.mtrr.mask[1].value |= uint64_t{3} << 46;
    core::ept_window_clear(w.tables.plan, w.window);
    EXPECT_EQ(w.walk(300 * tib_half), std::nullopt);
    w.touch({300 * tib_half + 5 * gib, 300 * tib_half + 9 * gib});
    EXPECT_EQ(w.walk(300 * tib_half + 5 * gib)->type, 1u);
}

TEST(EptWindow, WithoutPagesThereIsNone) {
    Window w{48, true};
    w.window.pool.pages = 0;
    EXPECT_FALSE(core::ept_window_map(w.tables.plan, w.window, 300 * tib_half));
    EXPECT_FALSE(w.window.in_use());
    core::ept_window_clear(w.tables.plan, w.window);
    EXPECT_FALSE(w.window.in_use());
}

} // namespace
} // namespace nadir::test
