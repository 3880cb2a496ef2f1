// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/entry/rule_record.h"
#include "control/messages.h"
#include "tool/clock.h"
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/log_reader.h"
#include "tool/print_to.h"
#include "tool/units.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr auto log_poll_interval = std::chrono::milliseconds(200);

// In a record the host's own log has all ones in its 16 bits.
bool from_host(const nadir_log_record& record) { return record.processor == 0xFFFF; }

std::string text_of(const nadir_log_record& record) {
    char text[control::longest_record];
    return {text, control::format_record_with<check::describe_record>(record, text)};
}

std::string time_of(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto milliseconds = whole.time_since_epoch().count() % 1000;
    return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::localtime(std::chrono::system_clock::to_time_t(whole)),
                       milliseconds);
}

nlohmann::ordered_json to_json(const nadir_log_record& record, const Clock& clock) {
    nlohmann::ordered_json json;
    json["time"] = std::chrono::duration<double>(clock.at(record.time).time_since_epoch()).count();
    json["ticks"] = record.time;
    json["processor"] = nullptr;
    if (!from_host(record)) {
        json["processor"] = record.processor;
    }
    json["sequence"] = record.sequence;
    json["level"] = control::name_of(static_cast<nadir_level>(record.level));
    json["message"] = control::text_of(record.message).name;
    json["text"] = text_of(record);
    json["arguments"] = nlohmann::ordered_json::array();
    for (const nadir_u64 argument : record.argument) {
        json["arguments"].push_back(fmt::format("{:#x}", argument));
    }
    return json;
}

class LogPrinter {
public:
    LogPrinter(std::ostream& out, const LogOptions& options, const Clock& clock)
        : out_(out), options_(options), clock_(clock) {}

    void print(const LogBatch& batch) {
        for (const LogLoss& loss : batch.lost) {
            print(loss);
        }
        for (const nadir_log_record& record : batch.records) {
            if (record.level <= options_.level) {
                print(record);
            }
        }
        out_ << std::flush;
    }

    [[nodiscard]] bool printed() const { return printed_; }

private:
    void print(const LogLoss& loss) {
        printed_ = true;
        const std::string where =
            loss.processor == NADIR_ANY_PROCESSOR ? "the host" : fmt::format("processor {}", loss.processor);
        if (options_.json) {
            nlohmann::ordered_json json = {{"lost", loss.records}, {"processor", nullptr}};
            if (loss.processor != NADIR_ANY_PROCESSOR) {
                json["processor"] = loss.processor;
            }
            print_json_line(out_, json);
        } else {
            print_to(out_, "({} of {} overwritten before they were read)\n", counted(loss.records, "record"), where);
        }
    }

    void print(const nadir_log_record& record) {
        printed_ = true;
        if (options_.json) {
            print_json_line(out_, to_json(record, clock_));
            return;
        }
        const std::string time = options_.ticks ? fmt::format("{:>20}", record.time) : time_of(clock_.at(record.time));
        const std::string where = from_host(record) ? "host" : fmt::format("cpu {}", record.processor);
        print_to(out_, "{}  {:<7}  {:<7}  {}\n", time, where, control::name_of(static_cast<nadir_level>(record.level)),
                 text_of(record));
    }

    std::ostream& out_;
    const LogOptions& options_;
    const Clock& clock_;
    bool printed_ = false;
};

} // namespace

ExitStatus command_log(System& system, const LogOptions& options, std::ostream& out) {
    const auto device = system.open_device();
    const nadir_state state = device->state();
    if (options.processor && *options.processor >= state.processors) {
        throw Failure(ExitStatus::usage, fmt::format("There is no processor {}; the last is {}.", *options.processor,
                                                     state.processors - 1));
    }
    const Clock clock(system);
    LogReader reader(*device, options.processor);
    LogPrinter printer(out, options, clock);
    printer.print(reader.read());
    while (options.follow && !system.interrupted() && out.good()) {
        system.sleep(log_poll_interval);
        printer.print(reader.read());
    }
    if (!printer.printed() && !options.json && !options.follow) {
        print_to(out, "The log is empty{}.\n",
                 state.starts == 0 ? fmt::format(": Nadir has not been on since its {} was loaded", system.words().host)
                                   : fmt::format(" at level {}", control::name_of(options.level)));
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
