// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/page/charts.h"

#include "tool/look/rates.h"
#include "tool/page/html.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr double width = 1000; // of the pictures' own units
constexpr double height = 100;

double x_of(std::size_t index, std::size_t count) {
    return count < 2 ? 0 : width * static_cast<double>(index) / static_cast<double>(count - 1);
}

double y_of(double value, double greatest) { return greatest > 0 ? height - height * value / greatest : height; }

// A single value is a line as well.
std::vector<double> at_least_two(std::span<const double> values) {
    std::vector<double> all(values.begin(), values.end());
    if (all.size() == 1) {
        all.resize(2, values.front());
    }
    return all;
}

std::string line_through(const std::vector<double>& values, double greatest) {
    std::string path;
    for (std::size_t i = 0; i < values.size(); ++i) {
        path += fmt::format("{}{:.1f} {:.2f}", i == 0 ? "" : "L", x_of(i, values.size()), y_of(values[i], greatest));
    }
    return path;
}

std::string area_between(const std::vector<double>& below, const std::vector<double>& above, double greatest) {
    std::string path = "M" + line_through(above, greatest);
    for (std::size_t i = below.size(); i-- > 0;) {
        path += fmt::format("L{:.1f} {:.2f}", x_of(i, below.size()), y_of(below[i], greatest));
    }
    return path + "Z";
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::string opening() {
    return fmt::format("<svg viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" role=\"img\">", width, height);
}

} // namespace

double round_above(double value) {
    if (!(value > 0)) {
        return 1;
    }
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
        if (step * power >= value) {
            return step * power;
        }
    }
    return 10 * power;
}

std::string stacked_areas(const std::vector<Series>& series, double seconds) {
    std::vector<std::vector<double>> values;
    values.reserve(series.size());
    for (const Series& one : series) {
        values.push_back(at_least_two(one.values));
    }
    const std::size_t count = values.empty() ? 2 : values.front().size();
    std::vector<double> top(count);
    for (const auto& one : values) {
        std::ranges::transform(top, one, top.begin(), std::plus{});
    }
    const double greatest = round_above(std::ranges::max(top));
    std::string svg = opening() + "<title>VM exits per second over time, by reason</title>";
    for (const double part : {0.0, 0.25, 0.5, 0.75}) {
        svg += fmt::format("<path class=\"grid\" d=\"M0 {0}H{1}\"/>", part * height, width);
    }
    std::vector<double> below(count);
    for (std::size_t i = 0; i < series.size(); ++i) {
        std::vector<double> above(count);
        std::ranges::transform(below, values[i], above.begin(), std::plus{});
        svg += fmt::format(
            "<path d=\"{}\" fill=\"var(--c{})\" fill-opacity=\".72\"><title>{}: {} per second</title></path>",
            area_between(below, above, greatest), series[i].colour, escaped(series[i].name),
            rate_words(mean(series[i].values)));
        svg += fmt::format("<path class=\"edge\" d=\"M{}\" stroke=\"var(--c{})\"/>", line_through(above, greatest),
                           series[i].colour);
        below = above;
    }
    svg += "</svg>";
    for (const double part : {0.0, 0.5, 1.0}) {
        svg +=
            fmt::format("<span class=\"y\" style=\"top:{}%\">{}</span>", 100 - 100 * part, rate_words(greatest * part));
    }
    svg += "<span class=\"x first\" style=\"left:0\">0 s</span>";
    svg += fmt::format("<span class=\"x\" style=\"left:50%\">{:.3g} s</span>", seconds / 2);
    svg += fmt::format("<span class=\"x last\" style=\"left:100%\">{:.3g} s</span>", seconds);
    return "<div class=\"chart\">" + svg + "</div>\n";
}

std::string legend(const std::vector<Series>& series) {
    std::string html = "<ul class=\"legend\">";
    for (const Series& one : series) {
        html += fmt::format("<li><i style=\"background:var(--c{})\"></i>{}</li>", one.colour, escaped(one.name));
    }
    return html + "</ul>\n";
}

std::string small_area(std::span<const double> values, double greatest, const std::string& words) {
    const std::vector<double> all = at_least_two(values);
    const std::vector<double> zero(all.size());
    return fmt::format("{}<title>{}</title><path d=\"{}\" fill=\"var(--accent)\" fill-opacity=\".35\"/>"
                       "<path class=\"edge\" d=\"M{}\" stroke=\"var(--accent)\"/></svg>",
                       opening(), escaped(words), area_between(zero, all, greatest), line_through(all, greatest));
}

std::string heat_strip(std::span<const double> values, const std::string& words) {
    const double greatest = values.empty() ? 0 : std::ranges::max(values);
    std::string svg = opening() + fmt::format("<title>{}</title>", escaped(words));
    const double step = values.empty() ? width : width / static_cast<double>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] > 0) { // what is rare is still to be seen
            svg += fmt::format(
                "<rect x=\"{:.1f}\" y=\"12\" width=\"{:.1f}\" height=\"76\" fill=\"rgb(var(--heat) / {:.2f})\"/>",
                static_cast<double>(i) * step, step, 0.25 + 0.75 * std::sqrt(values[i] / greatest));
        }
    }
    return svg + "</svg>";
}

} // namespace nadir::tool
