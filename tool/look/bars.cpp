// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace nadir::tool {

namespace {

// Eighths of a character, from the left and from below.
constexpr std::array<std::string_view, 9> from_left = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr std::array<std::string_view, 9> from_below = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 5> without_utf8 = {" ", ".", "-", "=", "#"};

std::size_t part_of(double value, double whole, std::size_t parts) {
    if (!(value > 0) || !(whole > 0)) {
        return 0;
    }
    const auto part = static_cast<std::size_t>(std::llround(value / whole * static_cast<double>(parts)));
    return std::clamp<std::size_t>(part, 1, parts);
}

} // namespace

std::string bar(double share, std::size_t width, bool utf8) {
    std::string text;
    if (!utf8) {
        text.assign(part_of(share, 1, width), '#');
        return text;
    }
    const std::size_t eighths = part_of(share, 1, width * 8);
    for (std::size_t i = 0; i < eighths / 8; ++i) {
        text += from_left[8];
    }
    return text += from_left[eighths % 8];
}

std::string spark_line(std::span<const double> values, std::size_t width, bool utf8) {
    values = values.last(std::min(width, values.size()));
    const double greatest = values.empty() ? 0 : std::ranges::max(values);
    std::string text;
    for (const double value : values) {
        text += utf8 ? from_below[part_of(value, greatest, from_below.size() - 1)]
                     : without_utf8[part_of(value, greatest, without_utf8.size() - 1)];
    }
    return text;
}

} // namespace nadir::tool
