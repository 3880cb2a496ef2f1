// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/watch.h"

#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/processors.h"
#include "tool/table.h"
#include "tool/units.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sstream>

namespace nadir::tool {

namespace {

constexpr auto slice = std::chrono::milliseconds(100);
// Wide machines: beyond this many processors only the sums are shown.
constexpr std::size_t columns = 8;

std::vector<ReasonRate> by_rate(const Rates& rates) {
    std::vector<ReasonRate> reasons = rates.reasons;
    std::ranges::stable_sort(reasons, std::ranges::greater{}, &ReasonRate::all);
    return reasons;
}

std::string table_of(const Rates& rates, std::chrono::system_clock::time_point time) {
    std::ostringstream text;
    print_to(text, "{}  {} VM exits per second{}{}\n", clock_words(time), rate_words(rates.exits),
             rates.log_lost != 0 ? fmt::format(", {} of the log lost", counted(rates.log_lost, "record")) : "",
             rates.active ? "" : "; Nadir is off");
    const bool each = rates.processors.size() > 1 && rates.processors.size() <= columns;
    std::vector<std::string> heading = {"per second", "all"};
    std::vector<std::string> sums = {"all reasons", rate_words(rates.exits)};
    if (each) {
        for (const ProcessorRate& one : rates.processors) {
            heading.push_back(fmt::format("processor {}", one.number));
            sums.push_back(rate_words(one.exits));
        }
    }
    Table table(heading);
    table.add(sums);
    for (const ReasonRate& reason : by_rate(rates)) {
        std::vector<std::string> row = {fmt::format("{:2} {}", reason.reason, reason_name(reason.reason)),
                                        rate_words(reason.all)};
        if (each) {
            std::ranges::transform(reason.each, std::back_inserter(row), rate_words);
        }
        table.add(row);
    }
    table.print(text);
    return text.str();
}

nlohmann::ordered_json to_json(const Rates& rates, std::chrono::system_clock::time_point time) {
    nlohmann::ordered_json json;
    json["time"] = std::chrono::duration<double>(time.time_since_epoch()).count();
    json["seconds"] = rates.seconds;
    json["active"] = rates.active;
    json["exits"] = rates.exits;
    json["processors"] = nlohmann::ordered_json::array();
    for (const ProcessorRate& one : rates.processors) {
        json["processors"].push_back({{"processor", one.number},
                                      {"state", state_name(one.state)},
                                      {"exits", one.exits},
                                      {"log_lost", one.log_lost}});
    }
    json["reasons"] = nlohmann::ordered_json::array();
    for (const ReasonRate& reason : rates.reasons) {
        json["reasons"].push_back({{"reason", reason.reason},
                                   {"name", reason_name(reason.reason)},
                                   {"all", reason.all},
                                   {"each", reason.each}});
    }
    return json;
}

// The same place of the terminal again: what is there is overwritten, as long as it fits.
class Place {
public:
    Place(std::ostream& out, System& system) : out_(out), system_(system) {}

    void print(const std::string& text) {
        // It may have another size by now.
        const TerminalSize size = system_.terminal().value_or(TerminalSize{80, 24});
        if (lines_ != 0) {
            print_to(out_, "\x1b[{}A\r\x1b[J", lines_);
        }
        lines_ = 0;
        std::istringstream lines(text);
        for (std::string line; lines_ + 1 < size.rows && std::getline(lines, line); ++lines_) {
            print_to(out_, "{}\n", line.substr(0, size.columns - 1));
        }
        out_ << std::flush;
    }

private:
    std::ostream& out_;
    System& system_;
    unsigned lines_ = 0;
};

} // namespace

std::string clock_words(std::chrono::system_clock::time_point time) {
    return fmt::format("{:%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(time)));
}

std::string line_of(const Rates& rates, std::chrono::system_clock::time_point time) {
    std::string line = fmt::format("{}  {:>9}/s", clock_words(time), rate_words(rates.exits));
    if (!rates.active) {
        return line + "  Nadir is off";
    }
    for (const ProcessorRate& one : rates.processors) {
        line += fmt::format("  cpu {} {}", one.number, rate_words(one.exits));
        if (one.state != NADIR_PROCESSOR_ON) {
            line += fmt::format(" ({})", state_name(one.state));
        }
    }
    const char* separator = "  |";
    for (const ReasonRate& reason : by_rate(rates)) {
        line += fmt::format("{}  {} {}", separator, reason_name(reason.reason), rate_words(reason.all));
        separator = "";
    }
    if (rates.log_lost != 0) {
        line += fmt::format("  |  log lost {}", rates.log_lost);
    }
    return line;
}

bool rest(System& system, std::chrono::milliseconds time) {
    while (time.count() > 0 && !system.interrupted()) {
        const auto now = std::min(time, slice);
        system.sleep(now);
        time -= now;
    }
    return !system.interrupted();
}

void watch(System& system, Device& device, const WatchOptions& options, std::ostream& out) {
    Place place(out, system);
    const bool in_place = system.terminal().has_value() && !options.json;
    Sample before = take_sample(system, device);
    for (std::uint64_t shown = 0; (!options.count || shown < *options.count) && out.good();) {
        if (!rest(system, options.interval)) {
            return;
        }
        Sample after = take_sample(system, device);
        if (const auto rates = rates_between(before, after, options.processor)) {
            ++shown;
            if (options.json) {
                print_json_line(out, to_json(*rates, after.when.time));
            } else if (in_place) {
                place.print(table_of(*rates, after.when.time));
            } else {
                print_to(out, "{}\n", line_of(*rates, after.when.time));
                out << std::flush;
            }
            before = std::move(after);
        }
    }
}

} // namespace nadir::tool
