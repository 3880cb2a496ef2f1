// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/flag_instructions.h"

#include <gtest/gtest.h>

#include <vector>

namespace nadir::test {
namespace {

bool refused(std::vector<uint8_t> bytes) {
    bytes.resize(15, 0x90);
    return core::uses_hidden_flags(bytes.data(), 15);
}

TEST(FlagInstructions, AreRefused) {
    for (const std::vector<uint8_t>& bytes : std::vector<std::vector<uint8_t>>{{0x9C},
                                                                               {0x66, 0x9C},
                                                                               {0x9D},
                                                                               {0xCF},
                                                                               {0x48, 0xCF},
                                                                               {0xCD, 0x80},
                                                                               {0xCE},
                                                                               {0xF1},
                                                                               {0xFA},
                                                                               {0xFB},
                                                                               {0x17},
                                                                               {0x0F, 0x05},
                                                                               {0x48, 0x0F, 0x07},
                                                                               {0x0F, 0x34},
                                                                               {0x48, 0x0F, 0x35},
                                                                               {0x0F, 0xB2, 0x00},
                                                                               {0x8E, 0xD0},
                                                                               {0x66, 0x8E, 0x10}}) {
        EXPECT_TRUE(refused(bytes)) << std::hex << unsigned{bytes[0]};
    }
}

TEST(FlagInstructions, AllOthersAreNot) {
    // PUSH, MOV, ENDBR64, NOP, CALL, INT3, MOV to DS, RET, MOVZX
    for (const std::vector<uint8_t>& bytes : std::vector<std::vector<uint8_t>>{{0x55},
                                                                               {0x41, 0x57},
                                                                               {0x48, 0x89, 0xE5},
                                                                               {0xF3, 0x0F, 0x1E, 0xFA},
                                                                               {0x0F, 0x1F, 0x44},
                                                                               {0xE8, 0x05},
                                                                               {0xCC},
                                                                               {0x8E, 0xD8},
                                                                               {0xC3},
                                                                               {0x0F, 0xB6, 0x05}}) {
        EXPECT_FALSE(refused(bytes)) << std::hex << unsigned{bytes[0]};
    }
}

TEST(FlagInstructions, WhatIsCutOffIsRefused) {
    const uint8_t prefix[] = {0x66, 0x66};
    EXPECT_TRUE(core::uses_hidden_flags(prefix, 2));
}

} // namespace
} // namespace nadir::test
