// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/page/collect.h"

#include "tool/commands.h"
#include "tool/exit_status.h"
#include "tool/report.h"
#include "tool/trace/event_filter.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace nadir::tool {

namespace {

constexpr auto event_interval = std::chrono::milliseconds(50); // a ring holds a thousand
constexpr auto shortest_step = std::chrono::milliseconds(100);
constexpr int steps_wished = 100;
constexpr std::size_t events_kept = 40;
constexpr std::size_t marks_kept = 1'000'000;

// Of the whole time, if they can be had: somebody else may be looking at events, and Nadir may be off.
class Watched {
public:
    Watched(Device& device, nadir_u32 processors, const std::vector<std::string>& events, PageData& page)
        : device_(device), page_(page) {
        if (events.empty()) {
            page.no_events = "None were asked for.";
            return;
        }
        EventWishes wishes;
        wishes.events = events;
        const nadir_report report = device.events_begin(event_filter(wishes));
        if (report.status != NADIR_OK) {
            page.no_events = words_of(report);
            return;
        }
        reader_.emplace(device, processors, std::nullopt, false);
    }

    void look() {
        if (!reader_) {
            return;
        }
        const Harvest harvest = reader_->read();
        for (const SeenEvent& one : harvest.events) {
            if (page_.marks.size() < marks_kept) {
                page_.marks.push_back({one.event.time, one.event.kind});
            }
            page_.last_events.push_back(one);
            if (page_.last_events.size() > events_kept) {
                page_.last_events.pop_front();
            }
        }
    }

    void end() {
        if (reader_) {
            look();
            page_.tallies = reader_->tallies();
            (void)device_.events_end(); // closing the device ends them, too
        }
    }

private:
    Device& device_;
    PageData& page_;
    std::optional<EventReader> reader_;
};

nlohmann::ordered_json caps_of(System& system) {
    std::ostringstream text;
    CapsOptions options;
    options.json = true;
    (void)command_caps(system, options, text);
    return nlohmann::ordered_json::parse(text.str());
}

} // namespace

PageData collect_page(System& system, const PageWishes& wishes) {
    PageData page;
    const auto device = system.open_device();
    page.with_private = wishes.with_private;
    page.notes = system.notes();
    page.processor_name = system.processor_name();
    page.caps = caps_of(system);
    page.ticks_per_exit = device->state().active != 0 ? system.cpuid_ticks() : 0;

    PlaceNames names(system, wishes.symbols); // before the time passes
    const auto step = std::max(shortest_step, wishes.length / steps_wished);
    Watched watched(*device, device->state().processors, wishes.events, page);
    page.samples.push_back(take_sample(system, *device));
    const auto end = page.samples.front().when.steady + wishes.length;
    auto next = page.samples.front().when.steady + step;
    while (next <= end && !system.interrupted()) {
        auto now = system.read_clocks().steady;
        for (; now < next && !system.interrupted(); now = system.read_clocks().steady) {
            system.sleep(std::min(event_interval, std::chrono::ceil<std::chrono::milliseconds>(next - now)));
            watched.look();
        }
        page.samples.push_back(take_sample(system, *device));
        next = std::max(next, now) + step; // slow machines have fewer steps
    }
    watched.end();
    // Not while events come: it takes some time.
    page.samples.back().places = names.of(page.samples.back().hooks);

    for (std::size_t i = 1; i < page.samples.size(); ++i) {
        if (const auto rates = rates_between(page.samples[i - 1], page.samples[i])) {
            page.steps.push_back(*rates);
        }
    }
    const auto whole =
        page.samples.size() > 1 ? rates_between(page.samples.front(), page.samples.back()) : std::nullopt;
    if (!whole || page.steps.empty()) {
        throw Failure(ExitStatus::failed, "It was ended before there was anything to show.");
    }
    page.whole = *whole;
    return page;
}

} // namespace nadir::tool
