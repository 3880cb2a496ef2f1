// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir trace`: events of the running system while they happen (docs/events.md).
#include "tool/clock.h"
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/report.h"
#include "tool/trace/event_filter.h"
#include "tool/trace/event_words.h"
#include "tool/units.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ostream.h>

namespace nadir::tool {

namespace {

constexpr auto poll_interval = std::chrono::milliseconds(20);

struct Event {
    nadir_u32 processor;
    nadir_event event;
};

// What came since the last look, of all processors, in the order of time.
struct Harvest {
    std::vector<Event> events;
    std::vector<std::pair<nadir_u32, nadir_u64>> lost; // processor, how many
    bool over = false;
};

class EventReader {
public:
    EventReader(Device& device, nadir_u32 processors, std::optional<nadir_u32> only) : device_(device) {
        for (nadir_u32 number = 0; number < processors; ++number) {
            if (!only || *only == number) {
                next_.emplace_back(number, 0);
            }
        }
    }

    Harvest read() {
        Harvest harvest;
        for (auto& [processor, next] : next_) {
            nadir_events_read_request answer{};
            do {
                answer = device_.events_read(processor, next);
                next = answer.next;
                harvest.over = harvest.over || answer.over != 0;
                if (answer.lost != 0) {
                    harvest.lost.emplace_back(processor, answer.lost);
                }
                for (nadir_u32 i = 0; i < answer.count; ++i) {
                    harvest.events.push_back({processor, answer.events[i]});
                }
                // One that produces faster than this reads must not keep the others waiting.
            } while (answer.count == NADIR_EVENT_BATCH && harvest.events.size() < most_at_once);
        }
        std::stable_sort(harvest.events.begin(), harvest.events.end(),
                         [](const Event& one, const Event& other) { return one.event.time < other.event.time; });
        return harvest;
    }

private:
    static constexpr std::size_t most_at_once = 65536;

    Device& device_;
    std::vector<std::pair<nadir_u32, nadir_u64>> next_; // processor, number of the next event
};

std::string time_of(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::microseconds>(time);
    const auto microseconds = whole.time_since_epoch().count() % 1'000'000;
    return fmt::format("{:%H:%M:%S}.{:06}", fmt::localtime(std::chrono::system_clock::to_time_t(whole)), microseconds);
}

nlohmann::ordered_json to_json(const Event& one, const Clock& clock) {
    const nadir_event& event = one.event;
    nlohmann::ordered_json json;
    json["time"] = std::chrono::duration<double>(clock.at(event.time).time_since_epoch()).count();
    json["ticks"] = event.time;
    json["processor"] = one.processor;
    json["event"] = name_of_event(event);
    json["rip"] = fmt::format("{:#x}", event.rip);
    json["cr3"] = fmt::format("{:#x}", event.cr3);
    json["privilege_level"] = event.privilege_level;
    json["words"] = nlohmann::ordered_json::array();
    for (const nadir_u64 word : event.word) {
        json["words"].push_back(fmt::format("{:#x}", word));
    }
    json["raised"] = nullptr;
    if (const std::string_view raised = outcome_words(event); !raised.empty()) {
        json["raised"] = raised;
    }
    json["text"] = describe(event);
    return json;
}

class TracePrinter {
public:
    TracePrinter(std::ostream& out, const TraceOptions& options, const Clock& clock)
        : out_(out), options_(options), clock_(clock) {}

    void print(const Harvest& harvest) {
        for (const auto& [processor, lost] : harvest.lost) {
            print_lost(processor, lost);
        }
        for (const Event& event : harvest.events) {
            if (!full()) {
                print(event);
            }
        }
        out_ << std::flush;
    }

    [[nodiscard]] bool full() const { return options_.count && printed_ >= *options_.count; }

private:
    void print_lost(nadir_u32 processor, nadir_u64 lost) {
        if (options_.json) {
            print_json_line(out_, {{"lost", lost}, {"processor", processor}});
        } else {
            fmt::print(out_, "({} of processor {} lost: they came faster than they were read)\n",
                       counted(lost, "event"), processor);
        }
    }

    void print(const Event& one) {
        ++printed_;
        if (options_.json) {
            print_json_line(out_, to_json(one, clock_));
            return;
        }
        const nadir_event& event = one.event;
        const std::string_view raised = outcome_words(event);
        fmt::print(out_, "{}  cpu {:<3} rip 0x{:016x}  cr3 {:#x}  {:<6}  {}{}\n", time_of(clock_.at(event.time)),
                   one.processor, event.rip, event.cr3, name_of_event(event), describe(event),
                   raised.empty() ? "" : fmt::format(" [{}]", raised));
    }

    std::ostream& out_;
    const TraceOptions& options_;
    const Clock& clock_;
    std::uint64_t printed_ = 0;
};

void begin(Device& device, const nadir_event_filter& filter) {
    const nadir_report report = device.events_begin(filter);
    const ExitStatus status = exit_status_of(report);
    if (status == ExitStatus::already) {
        throw Failure(ExitStatus::failed, "Nadir is off: there are no events.", "`nadir on` starts it.");
    }
    if (status != ExitStatus::success) {
        throw Failure(ExitStatus::failed, words_of(report));
    }
}

} // namespace

ExitStatus command_trace(System& system, const TraceOptions& options, std::ostream& out) {
    const nadir_event_filter filter = event_filter(options.events, options.msrs);
    if (const std::string_view why = system.words().no_events; !why.empty()) {
        throw Failure(ExitStatus::failed, std::string(why));
    }
    const auto device = system.open_device();
    const nadir_state state = device->state();
    if (options.processor && *options.processor >= state.processors) {
        throw Failure(ExitStatus::usage, fmt::format("There is no processor {}; the last is {}.", *options.processor,
                                                     state.processors - 1));
    }
    const Clock clock(system);
    begin(*device, filter); // whatever ends this program ends the events, too: they go with the open device
    EventReader reader(*device, state.processors, options.processor);
    TracePrinter printer(out, options, clock);
    while (!printer.full() && out.good()) {
        const Harvest harvest = reader.read();
        printer.print(harvest);
        if (harvest.over) {
            throw Failure(ExitStatus::failed, "Nadir was turned off meanwhile.", "`nadir on` starts it.");
        }
        if (system.interrupted()) {
            break;
        }
        system.sleep(poll_interval);
    }
    const nadir_report report = device->events_end();
    if (exit_status_of(report) != ExitStatus::success) {
        throw Failure(ExitStatus::failed, words_of(report), "`nadir status` shows which processors answer.");
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
