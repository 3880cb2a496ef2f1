// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Judges a recorded run: nadir_oracle_judge --console serial.txt --log emulator.log --data tests/oracle
#include "tests/oracle/control_groups.h"
#include "tests/oracle/judge/words.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using namespace nadir::oracle;

struct Options {
    std::string console, log, data, json, switch_off;
    std::uint32_t mutant = ~std::uint32_t{0};
};

int judge(const Options& options) {
    const Recording recording = read_console(options.console);
    const Evaluator evaluator(recording);
    const std::vector<Waiver> waivers = read_waivers(options.data + "/waivers.txt", evaluator);
    Messages messages(options.data + "/messages.txt", evaluator, waivers);
    LogReader log(options.log);
    Judge judge(recording, evaluator, waivers, messages, log);
    if (!options.switch_off.empty()) {
        const unsigned rule = evaluator.find(options.switch_off);
        if (rule == evaluator.rule_count()) {
            throw std::runtime_error("there is no rule '" + options.switch_off + "'");
        }
        judge.switch_off(rule);
    }
    judge.look_at(options.mutant);
    Generator<Judge> generator(recording.caps, recording.presence, judge);
    generate(generator);
    Observation more;
    if (generator.count() != recording.mutants || log.next(more)) {
        throw std::runtime_error("the guest program and the judge have different mutants: build both anew");
    }

    for (const Failure& failure : judge.results.disagreements) {
        Values base;
        make_baseline(failure.mutant.baseline, recording.caps, base);
        fmt::print("{}\n", words_of(failure, base, evaluator, messages));
    }
    if (options.mutant != ~std::uint32_t{0}) {
        return 0;
    }
    for (const auto& [kind, count] : judge.results.kinds) {
        fmt::print("{} times {}\n", count, kind);
    }
    for (const auto& [message, count] : judge.results.unknown_messages) {
        fmt::print("messages.txt does not know: {} ({} times)\n", message, count);
    }
    for (const std::string& problem : judge.results.problems) {
        fmt::print("{}\n", problem);
    }
    if (!options.json.empty()) {
        std::ofstream(options.json) << json_of(judge.results, recording, evaluator, waivers, messages);
    }
    std::array<std::uint32_t, 4> sums{};
    for (const BaselineCounts& counts : judge.results.baselines) {
        for (unsigned i = 0; i < sums.size(); ++i) {
            sums[i] += counts.judgements[i];
        }
    }
    fmt::print("{} agree, {} waived, {} hang on memory that isn't known, {} disagree\n", sums[0], sums[1], sums[2],
               sums[3]);
    return sums[3] == 0 && judge.results.problems.empty() && judge.results.unknown_messages.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Compares Nadir's rules of VM entry with the verdicts of an emulated processor.");
    Options options;
    app.add_option("--console", options.console, "what the guest program printed on COM1")->required();
    app.add_option("--log", options.log, "the emulator's log")->required();
    app.add_option("--data", options.data, "folder with messages.txt and waivers.txt")->required();
    app.add_option("--json", options.json, "file for the counts");
    app.add_option("--switch-off", options.switch_off, "judge as if there were no such rule");
    app.add_option("--mutant", options.mutant, "show this one only");
    try {
        app.parse(argc, argv);
        return judge(options);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return error.get_exit_code() == 0 ? 0 : 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
