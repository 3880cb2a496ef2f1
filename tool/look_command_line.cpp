// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look_command_line.h"

#include <cmath>
#include <memory>

namespace nadir::tool {

namespace {

using Action = std::function<ExitStatus(System&, std::ostream&)>;

constexpr double shortest = 0.1; // seconds; each look asks every processor
constexpr double longest = 3600;

void add_symbols(CLI::App& command, std::string& file) {
    command.add_option("--symbols", file, "Take the names of hooked places from this file, such as a System.map")
        ->type_name("FILE");
}

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds(std::llround(seconds * 1000));
}

void add_stats(CLI::App& app, Action& action) {
    auto options = std::make_shared<StatsOptions>();
    auto seconds = std::make_shared<double>(1);
    CLI::App* command = app.add_subcommand("stats", "Count VM exits by reason, per processor");
    command->add_option("--cpu", options->processor, "Only this processor")->type_name("N");
    CLI::Option* watched =
        command
            ->add_option(
                "--watch", *seconds,
                "Show exits per second in place of counts, again and again, every so many seconds (1), until Ctrl-C")
            ->expected(0, 1)
            ->check(CLI::Range(shortest, longest))
            ->type_name("[SECONDS]");
    command->add_option("--count", options->count, "End after having shown so many")
        ->check(CLI::Range(1, 1'000'000'000))
        ->needs(watched)
        ->type_name("N");
    command->add_flag("--json", options->json, "Print JSON, for programs; with --watch one object per line");
    command->callback([options, seconds, watched, &action] {
        if (watched->count() != 0) {
            options->watch = milliseconds(*seconds != 0 ? *seconds : 1); // without a number the library says 0
        }
        action = [options](System& system, std::ostream& out) { return command_stats(system, *options, out); };
    });
}

void add_top(CLI::App& app, Action& action) {
    auto options = std::make_shared<TopOptions>();
    auto seconds = std::make_shared<double>(1);
    CLI::App* command = app.add_subcommand(
        "top", "Exits per second, their cost, losses, rules and hooks, on the whole terminal, until q");
    command->add_option("--every", *seconds, "Look every so many seconds (1)")
        ->check(CLI::Range(shortest, longest))
        ->type_name("SECONDS");
    command->add_option("--count", options->count, "End after so many looks")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    add_symbols(*command, options->symbols);
    command->footer(
        "Keys: q ends, s sorts, p pauses, c and the digits choose a processor, a shows all, ? helps. Where standard "
        "output is no terminal, the lines of `nadir stats --watch`.");
    command->callback([options, seconds, &action] {
        options->interval = milliseconds(*seconds);
        action = [options](System& system, std::ostream& out) { return command_top(system, *options, out); };
    });
}

void add_report(CLI::App& app, Action& action) {
    auto options = std::make_shared<ReportOptions>();
    auto seconds = std::make_shared<double>(10);
    auto events = std::make_shared<std::vector<std::string>>();
    CLI::App* command = app.add_subcommand(
        "report", "Everything that a bug report needs, without what is private; or a page to look at");
    CLI::Option* output =
        command->add_option("--output", options->output, "Write it into this file")->type_name("FILE");
    command->add_flag(
        "--private", options->with_private,
        "With the machine's name, its kernel's command line, names of processes, and addresses as they are");
    CLI::Option* html = command
                            ->add_option("--html", options->html,
                                         "Look for some seconds, and write a page for a browser into this file")
                            ->excludes(output)
                            ->type_name("FILE");
    command->add_option("--seconds", *seconds, "How long to look for the page (10)")
        ->needs(html)
        ->check(CLI::Range(0.5, longest))
        ->type_name("SECONDS");
    command
        ->add_option(
            "--events", *events,
            "Which events to show on the page, as for `nadir trace`; none: no events (cpuid,xsetbv,vmx,rule,hook: what "
            "exits anyway)")
        ->needs(html)
        ->delimiter(',')
        ->type_name("EVENT,...");
    add_symbols(*command, options->symbols);
    command->callback([options, seconds, events, &action] {
        options->seconds = milliseconds(*seconds);
        options->events =
            events->empty() ? std::vector<std::string>{"cpuid", "xsetbv", "vmx", "rule", "hook"} : *events;
        if (options->events == std::vector<std::string>{"none"}) {
            options->events.clear();
        }
        action = [options](System& system, std::ostream& out) { return command_report(system, *options, out); };
    });
}

} // namespace

void add_look_commands(CLI::App& app, Action& action) {
    add_stats(app, action);
    add_top(app, action);
    add_report(app, action);
}

} // namespace nadir::tool
