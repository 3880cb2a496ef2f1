// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A field of a dump that has to be there.
#pragma once

#include "tool/dump/dump.h"

#include <cstdint>
#include <gtest/gtest.h>

namespace nadir::tool {

inline std::uint64_t value(const Dump& dump, std::uint32_t encoding) {
    std::uint64_t found = 0;
    EXPECT_TRUE(dump.vmcs.get(encoding, found)) << std::hex << encoding;
    return found;
}

} // namespace nadir::tool
