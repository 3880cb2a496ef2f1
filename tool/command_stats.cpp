// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/look/rates.h"
#include "tool/look/watch.h"
#include "tool/print_to.h"
#include "tool/processors.h"
#include "tool/table.h"
#include "tool/units.h"

#include <fmt/format.h>
#include <string>

namespace nadir::tool {

namespace {

nlohmann::ordered_json to_json(const nadir_statistics& statistics) {
    nlohmann::ordered_json json;
    json["processor"] = statistics.processor;
    json["state"] = state_name(statistics.state);
    json["enter_ticks"] = statistics.enter_ticks;
    json["leave_ticks"] = statistics.leave_ticks;
    json["exits_total"] = statistics.exits_total;
    json["nmi_in_root"] = statistics.nmi_in_root;
    json["events_reinjected"] = statistics.events_reinjected;
    json["log_lost"] = statistics.log_lost;
    json["exits"] = nlohmann::ordered_json::array();
    for (unsigned reason = 0; reason < NADIR_EXIT_REASONS; ++reason) {
        if (statistics.exits[reason] != 0) {
            json["exits"].push_back(
                {{"reason", reason}, {"name", reason_name(reason)}, {"count", statistics.exits[reason]}});
        }
    }
    return json;
}

// Wide machines: beyond this many processors only the sums are shown.
constexpr std::size_t columns = 8;

void print_processors(std::ostream& out, const std::vector<nadir_statistics>& processors) {
    Table table({"processor", "state", "VM exits", "ticks to enter", "ticks to leave", "NMIs in root", "events again",
                 "log lost"});
    for (const nadir_statistics& one : processors) {
        table.add({std::to_string(one.processor), std::string(state_name(one.state)), grouped(one.exits_total),
                   grouped(one.enter_ticks), grouped(one.leave_ticks), grouped(one.nmi_in_root),
                   grouped(one.events_reinjected), grouped(one.log_lost)});
    }
    table.print(out);
}

void print_exits(std::ostream& out, const SystemWords& words, const std::vector<nadir_statistics>& processors) {
    const bool each = processors.size() > 1 && processors.size() <= columns;
    std::vector<std::string> heading = {"VM exits by reason", "all"};
    if (each) {
        for (const nadir_statistics& one : processors) {
            heading.push_back(fmt::format("processor {}", one.processor));
        }
    }
    Table table(heading);
    bool any = false;
    for (unsigned reason = 0; reason < NADIR_EXIT_REASONS; ++reason) {
        nadir_u64 sum = 0;
        std::vector<std::string> counts;
        for (const nadir_statistics& one : processors) {
            sum += one.exits[reason];
            counts.push_back(grouped(one.exits[reason]));
        }
        if (sum == 0) {
            continue;
        }
        any = true;
        std::vector<std::string> row = {fmt::format("{:2} {}", reason, reason_name(reason)), grouped(sum)};
        if (each) {
            row.insert(row.end(), counts.begin(), counts.end());
        }
        table.add(row);
    }
    if (any) {
        print_to(out, "\n");
        table.print(out);
    } else {
        print_to(out, "\nNo VM exits were counted: Nadir has not been on since its {} was loaded.\n", words.host);
    }
}

} // namespace

ExitStatus command_stats(System& system, const StatsOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    const nadir_state state = device->state();
    if (options.processor && *options.processor >= state.processors) {
        throw Failure(ExitStatus::usage, fmt::format("There is no processor {}; the last is {}.", *options.processor,
                                                     state.processors - 1));
    }
    if (options.watch) {
        watch(system, *device, {*options.watch, options.count, options.processor, options.json}, out);
        return ExitStatus::success;
    }
    std::vector<nadir_statistics> processors;
    if (options.processor) {
        processors.push_back(device->statistics(*options.processor));
    } else {
        processors = present_processors(*device, state);
    }

    if (options.json) {
        nlohmann::ordered_json json = {{"active", state.active != 0}, {"processors", nlohmann::ordered_json::array()}};
        for (const nadir_statistics& one : processors) {
            json["processors"].push_back(to_json(one));
        }
        print_json(out, json);
        return ExitStatus::success;
    }
    if (state.active == 0) {
        print_to(out, "Nadir is off; these are the numbers of its last run.\n");
    }
    print_processors(out, processors);
    print_exits(out, system.words(), processors);
    return ExitStatus::success;
}

} // namespace nadir::tool
