// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What others call the things that arch/ defines, where no rule leads from their name to ours.
#pragma once

#include <span>
#include <string_view>

namespace nadir::tool {

struct Alias {
    std::string_view other; // as others write it; compared without case and separators
    std::string_view ours;
};

std::span<const Alias> aliases();

} // namespace nadir::tool
