// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Windows has processors in groups of up to 64; Nadir, as the kernel does, numbers them through.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace nadir::tool {

struct GroupedProcessor {
    std::uint16_t group;
    std::uint8_t number; // within the group
};

// `counts`: how many processors each group has. Empty where there are not so many.
constexpr std::optional<GroupedProcessor> processor_in_groups(std::span<const unsigned> counts, unsigned processor) {
    std::uint16_t group = 0;
    for (const unsigned count : counts) {
        if (processor < count) {
            return GroupedProcessor{group, static_cast<std::uint8_t>(processor)};
        }
        processor -= count;
        ++group;
    }
    return std::nullopt;
}

} // namespace nadir::tool
