// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/page/page.h"

#include "tool/page/charts.h"
#include "tool/page/html.h"
#include "tool/processors.h"
#include "tool/units.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// A lane each; of more processors the busiest.
constexpr std::size_t lanes = 32;

std::string tile(const std::string& value, const std::string& words) {
    return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", value, words);
}

double rate_of(const Rates& rates, unsigned reason) {
    const auto found = std::ranges::find(rates.reasons, reason, &ReasonRate::reason);
    return found != rates.reasons.end() ? found->all : 0;
}

double rate_of_processor(const Rates& rates, nadir_u32 number) {
    const auto found = std::ranges::find(rates.processors, number, &ProcessorRate::number);
    return found != rates.processors.end() ? found->exits : 0;
}

std::vector<Series> series_of(const PageData& page) {
    std::vector<ReasonRate> reasons = page.whole.reasons;
    std::ranges::stable_sort(reasons, std::ranges::greater{}, &ReasonRate::all);
    const std::size_t named = reasons.size() <= series_colours ? reasons.size() : series_colours - 1;
    std::vector<Series> all;
    for (std::size_t i = 0; i < named; ++i) {
        Series& one = all.emplace_back();
        one.name = reason_name(reasons[i].reason);
        one.colour = static_cast<unsigned>(i);
        for (const Rates& step : page.steps) {
            one.values.push_back(rate_of(step, reasons[i].reason));
        }
    }
    if (named < reasons.size()) {
        Series& others = all.emplace_back();
        others.name = fmt::format("{} others", reasons.size() - named);
        others.colour = series_colours - 1;
        for (const Rates& step : page.steps) {
            double sum = step.exits;
            for (std::size_t i = 0; i < named; ++i) {
                sum -= rate_of(step, reasons[i].reason);
            }
            others.values.push_back(std::max(0.0, sum));
        }
    }
    return all;
}

std::string fact_of(const MachineNotes& notes, std::string_view name) {
    for (const auto& [key, value] : notes.facts) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

std::string header_of(const PageData& page) {
    const nadir_state& state = page.samples.back().state;
    const auto begin = page.samples.front().when.time;
    const std::string kernel = fact_of(page.notes, "kernel");
    return fmt::format(
        "<header><h1>Nadir</h1><span class=\"chip {}\">{}</span><span>{}</span><span class=\"faint\">{}{:%Y-%m-%d %H:%M:%S}, "
        "{:.3g} s</span></header>\n",
        state.active != 0 ? "good" : "bad",
        state.active != 0 ? fmt::format("on: {} of {}", state.processors_on,
                                        counted(page.samples.back().processors.size(), "processor"))
                          : "off",
        escaped(page.processor_name), kernel.empty() ? std::string{} : "Linux " + escaped(kernel) + ", ",
        fmt::localtime(std::chrono::system_clock::to_time_t(begin)), page.whole.seconds);
}

} // namespace

std::string figures_section(const PageData& page) {
    double peak = 0;
    for (const Rates& step : page.steps) {
        peak = std::max(peak, step.exits);
    }
    const auto busiest = std::ranges::max_element(page.whole.reasons, {}, &ReasonRate::all);
    std::string html = "<div class=\"tiles\">\n";
    html += tile(rate_words(page.whole.exits), "VM exits per second");
    html += tile(rate_words(peak), "at the peak");
    if (busiest != page.whole.reasons.end()) {
        html += tile(escaped(reason_name(busiest->reason)),
                     fmt::format("most frequent: {:.1f} %", 100 * busiest->all / page.whole.exits));
    }
    if (page.ticks_per_exit != 0) {
        html +=
            tile(fmt::format("&ge; {:.2f} %", 100 * least_share(page.whole, page.ticks_per_exit)),
                 fmt::format("of the time: exits times {} ticks of a CPUID, measured", grouped(page.ticks_per_exit)));
    }
    html += tile(bytes(page.samples.back().state.bytes_total), "of memory");
    if (page.whole.log_lost != 0) {
        html += tile(grouped(page.whole.log_lost), "records of the log lost");
    }
    return html + "</div>\n";
}

std::string over_time_section(const PageData& page) {
    const std::vector<Series> series = series_of(page);
    if (series.empty()) {
        return "<section><h2>VM exits over time</h2><p class=\"faint\">There were none.</p></section>\n";
    }
    return "<section><h2>VM exits over time</h2><p class=\"about\">Per second, of all processors together, by reason.</p>" +
           stacked_areas(series, page.whole.seconds) + legend(series) + "</section>\n";
}

std::string processors_section(const PageData& page) {
    std::vector<ProcessorRate> all = page.whole.processors;
    if (all.size() > lanes) {
        std::ranges::stable_sort(all, std::ranges::greater{}, &ProcessorRate::exits);
    }
    double greatest = 0;
    for (const Rates& step : page.steps) {
        for (const ProcessorRate& one : step.processors) {
            greatest = std::max(greatest, one.exits);
        }
    }
    std::string html = "<section><h2>By processor</h2><p class=\"about\">VM exits per second, all to one scale.</p>\n";
    for (std::size_t i = 0; i < std::min(all.size(), lanes); ++i) {
        std::vector<double> values;
        values.reserve(page.steps.size());
        for (const Rates& step : page.steps) {
            values.push_back(rate_of_processor(step, all[i].number));
        }
        const bool on = all[i].state == NADIR_PROCESSOR_ON;
        const std::string state(state_name(all[i].state));
        html += fmt::format(
            "<div class=\"lane\"><span class=\"name\">processor {}{}</span>{}<span class=\"number\">{}/s</span></div>\n",
            all[i].number, on ? std::string{} : fmt::format(" <b class=\"bad\">{}</b>", state),
            small_area(values, greatest, fmt::format("Processor {}, {}", all[i].number, state)),
            rate_words(all[i].exits));
    }
    if (all.size() > lanes) {
        html += fmt::format("<p class=\"faint\">and {} that had less to do</p>", all.size() - lanes);
    }
    return html + "</section>\n";
}

void write_page(const PageData& page, std::ostream& out) {
    // The policy lets the browser itself see to it that nothing is asked for and nothing runs.
    out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<link rel=\"icon\" href=\"data:,\">\n"
           "<title>Nadir report</title>\n<style>"
        << page_style() << "</style></head>\n<body><main>\n"
        << header_of(page) << figures_section(page) << over_time_section(page) << processors_section(page)
        << reasons_section(page) << rules_section(page) << events_section(page) << capabilities_section(page)
        << "<footer>Made by <code>nadir report --html</code>, version " << NADIR_VERSION << ". "
        << (page.with_private ? "PRIVATE: it has names of processes and addresses of this machine's kernel."
                              : "Names of processes are not in it, and addresses are moved: kernel code to where it is "
                                "without randomisation.")
        << "</footer>\n</main></body></html>\n";
}

} // namespace nadir::tool
