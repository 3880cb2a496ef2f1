// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which build of an image, and which PDB belongs to it: the linker writes the same GUID and age into both.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace nadir::tool {

struct BuildId {
    std::array<std::uint8_t, 16> guid{};
    std::uint32_t age = 0; // how often this build's PDB was written

    bool operator==(const BuildId&) const = default;
};

// "{7BC52805-4B3E-B827-4C4C-44205044422E}, age 1", as debuggers write them.
std::string words_of(const BuildId& id);

} // namespace nadir::tool
