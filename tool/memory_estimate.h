// SPDX-License-Identifier: MIT OR GPL-2.0-only
// About how much memory a start asks for, before there is a core to ask. `nadir status` has the true number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir::tool {

constexpr std::uint64_t memory_estimate(std::size_t processors) {
    constexpr std::uint64_t shared = 1u << 20;         // image copy, page tables, EPT with its pool
    constexpr std::uint64_t per_processor = 64u << 10; // regions, stacks, tables, log
    return shared + processors * per_processor;
}

} // namespace nadir::tool
