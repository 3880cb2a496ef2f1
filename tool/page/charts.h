// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Numbers as pictures: SVG that stretches, with the words beside it in HTML, so that they stay readable on a phone.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace nadir::tool {

struct Series {
    std::string name;
    unsigned colour = 0; // of the style sheet: 0 to 6
    std::vector<double> values;
};

inline constexpr unsigned series_colours = 7; // the last one is for all others

// One digit, or 1.5, times a power of ten that is not below it.
double round_above(double value);

// One upon the other, over `seconds`.
std::string stacked_areas(const std::vector<Series>& series, double seconds);

std::string legend(const std::vector<Series>& series);

// One line of many: an area below `greatest`.
std::string small_area(std::span<const double> values, double greatest, const std::string& words);

// One line of many: the more, the darker.
std::string heat_strip(std::span<const double> values, const std::string& words);

} // namespace nadir::tool
