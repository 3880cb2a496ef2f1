// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Numbers as lengths and heights of characters.
#pragma once

#include <span>
#include <string>

namespace nadir::tool {

// `share` of `width` columns, 0 to 1; what is more than nothing is to be seen.
std::string bar(double share, std::size_t width, bool utf8);

// The last `width` values, one column each, as heights below the greatest of them.
std::string spark_line(std::span<const double> values, std::size_t width, bool utf8);

} // namespace nadir::tool
