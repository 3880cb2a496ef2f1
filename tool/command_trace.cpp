// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir trace`: events of the running system while they happen (docs/trace.md).
#include "tool/clock.h"
#include "tool/commands.h"
#include "tool/report.h"
#include "tool/trace/event_filter.h"
#include "tool/trace/event_reader.h"
#include "tool/trace/event_sink.h"
#include "tool/trace/event_words.h"
#include "tool/trace/where.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr auto events_poll_interval = std::chrono::milliseconds(20);

// What was asked for and isn't built into the Nadir that runs: its words are about numbers.
std::string refusal_of(const nadir_report& report, const nadir_event_filter& filter) {
    std::string words = words_of(report);
    if (report.status == NADIR_BAD_ARGUMENT) {
        for (nadir_u32 kind = 0; kind < event_name_count; ++kind) {
            if (((filter.kinds & ~NADIR_EVENTS_BUILT) >> kind & 1) != 0) {
                words = fmt::format("This version of Nadir can't show the event {} yet.", name_of_event(kind));
            }
        }
    }
    return words;
}

void begin(Device& device, const nadir_event_filter& filter) {
    const nadir_report report = device.events_begin(filter);
    const ExitStatus status = exit_status_of(report);
    if (status == ExitStatus::already) {
        throw Failure(ExitStatus::failed, "Nadir is off: there are no events.", "`nadir on` starts it.");
    }
    if (status != ExitStatus::success) {
        throw Failure(ExitStatus::failed, refusal_of(report, filter));
    }
}

std::unique_ptr<EventSink> sink_of(const TraceOptions& options, std::ostream& out, const Clock& clock) {
    if (!options.perfetto.empty()) {
        return perfetto_sink(options.perfetto, out, clock);
    }
    return options.json ? json_sink(out, clock) : text_sink(out, clock);
}

// Puts what is wanted of what was read where it is wanted.
class Tracer {
public:
    Tracer(EventSink& sink, const std::optional<Where>& where, std::optional<std::uint64_t> count)
        : sink_(sink), where_(where), left_(count) {}

    void take(const Harvest& harvest) {
        for (const EventTally& tally : harvest.lost) {
            sink_.lost(tally);
        }
        for (const SeenEvent& event : harvest.events) {
            if (!full() && (!where_ || where_->matches(event))) {
                sink_.event(event);
                left_ = left_ ? std::optional(*left_ - 1) : std::nullopt;
            }
        }
        sink_.flush();
    }

    [[nodiscard]] bool full() const { return left_ == 0; }

private:
    EventSink& sink_;
    const std::optional<Where>& where_;
    std::optional<std::uint64_t> left_;
};

void end(Device& device) {
    const nadir_report report = device.events_end();
    if (exit_status_of(report) != ExitStatus::success) {
        throw Failure(ExitStatus::failed, words_of(report), "`nadir status` shows which processors answer.");
    }
}

} // namespace

ExitStatus command_trace(System& system, const TraceOptions& options, std::ostream& out) {
    const nadir_event_filter filter = event_filter(options.wishes);
    std::optional<Where> where;
    if (options.where) {
        where.emplace(*options.where, WhereScope{filter.kinds, options.wishes.registers});
    }
    const auto device = system.open_device();
    const nadir_state state = device->state();
    if (options.processor && *options.processor >= state.processors) {
        throw Failure(ExitStatus::usage, fmt::format("There is no processor {}; the last is {}.", *options.processor,
                                                     state.processors - 1));
    }
    const Clock clock(system);
    begin(*device, filter); // whatever ends this program ends the events, too: they go with the open device
    const auto sink = sink_of(options, out, clock);
    EventReader reader(*device, state.processors, options.processor, options.wishes.registers);
    Tracer tracer(*sink, where, options.count);
    bool over = false;
    bool last = false;
    while (!over && !last && !tracer.full() && !sink->broken()) {
        last = system.interrupted(); // what came until then is still shown
        const Harvest harvest = reader.read();
        tracer.take(harvest);
        over = harvest.over;
        if (!harvest.more && !over && !last) {
            system.sleep(events_poll_interval);
        }
    }
    end(*device);
    sink->end(reader.tallies());
    if (over && !tracer.full()) {
        throw Failure(ExitStatus::failed, "Nadir was turned off meanwhile.", "`nadir on` starts it.");
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
