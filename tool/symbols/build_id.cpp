// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/build_id.h"

#include <fmt/format.h>

namespace nadir::tool {

std::string words_of(const BuildId& id) {
    // A GUID is written as one number of 32 bits, two of 16, and bytes.
    constexpr std::array<std::size_t, 16> order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    std::string text;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool hyphen = i == 4 || i == 6 || i == 8 || i == 10;
        text += fmt::format("{}{:02X}", hyphen ? "-" : "", id.guid[order[i]]);
    }
    return fmt::format("{{{}}}, age {}", text, id.age);
}

} // namespace nadir::tool
