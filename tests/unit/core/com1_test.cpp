// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Whose line it is on COM1.
#include "core/root/com1.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace nadir::test {
namespace {

using core::Com1Turn;

TEST(Com1, OneLineAtATime) {
    uint32_t turn = 0;
    unsigned writers = 0;
    std::atomic<bool> mixed{false};
    std::vector<std::thread> threads;
    for (uint32_t processor = 0; processor < 4; ++processor) {
        threads.emplace_back([&, processor] {
            for (unsigned line = 0; line < 200; ++line) {
                const Com1Turn own{turn, processor};
                mixed = mixed || ++writers != 1;
                mixed = mixed || --writers != 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_FALSE(mixed);
    EXPECT_EQ(turn, 0u);
}

TEST(Com1, AFaultWhileAProcessorWritesWritesItsOwn) {
    uint32_t turn = 0;
    const Com1Turn line{turn, 6};
    {
        const Com1Turn of_the_fault{turn, 6};
        EXPECT_EQ(turn, 7u);
    }
    EXPECT_EQ(turn, 7u) << "the interrupted line goes on";
}

TEST(Com1, NobodyWaitsForEverForAStoppedOne) {
    uint32_t turn = 3;
    { const Com1Turn own{turn, 0}; }
    EXPECT_EQ(turn, 3u);
}

} // namespace
} // namespace nadir::test
