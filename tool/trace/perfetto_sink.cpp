// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The trace-event format of Chrome, which ui.perfetto.dev and chrome://tracing open: an array of objects. Of one that was cut
// off they take what is there.
#include "tool/exit_status.h"
#include "tool/print_to.h"
#include "tool/trace/event_json.h"
#include "tool/trace/event_sink.h"
#include "tool/trace/event_words.h"
#include "tool/units.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <map>

namespace nadir::tool {

namespace {

// Viewers take number 0 for no process at all. No process of Linux has a number from here on.
constexpr nadir_u32 idle_process = 1U << 22 | 1;
constexpr nadir_u32 unknown_process = 1U << 22 | 2;
constexpr nadir_u32 first_idle_thread = 1U << 23;
constexpr nadir_u32 first_unknown_thread = 1U << 24;

struct Track {
    nadir_u32 process;
    nadir_u32 thread;
    std::string process_name;
    std::string thread_name;
};

Track unknown_track(nadir_u32 processor) {
    return {unknown_process, first_unknown_thread + processor, "not known whose",
            fmt::format("processor {}", processor)};
}

Track track_of(const SeenEvent& one) {
    if (!has_process(one)) {
        return unknown_track(one.processor);
    }
    const std::string name = process_name(one);
    if (one.process.process == 0) {
        return {idle_process, first_idle_thread + one.processor, "idle", name};
    }
    return {one.process.process, one.process.thread, name, name};
}

class PerfettoSink final : public EventSink {
public:
    PerfettoSink(const std::string& path, std::ostream& out, const Clock& clock)
        : path_(path), file_(path, std::ios::binary | std::ios::trunc), out_(out), clock_(clock) {
        if (!file_) {
            throw Failure(ExitStatus::failed, fmt::format("{} can't be written: {}.", path, std::strerror(errno)));
        }
    }

    void event(const SeenEvent& one) override {
        const nadir_event& event = one.event;
        nlohmann::ordered_json arguments;
        arguments["text"] = describe(event);
        if (const std::string_view raised = outcome_words(event); !raised.empty()) {
            arguments["raised"] = raised;
        }
        arguments["processor"] = one.processor;
        arguments["rip"] = fmt::format("{:#x}", event.rip);
        arguments["cr3"] = fmt::format("{:#x}", event.cr3);
        arguments["privilege_level"] = event.privilege_level;
        arguments.update(fields_json(event));
        if (one.registers) {
            arguments["registers"] = registers_json(one);
        }
        ++written_;
        last_ = microseconds(event.time);
        instant(track_of(one), std::string(name_of_event(event.kind)), "t", last_, std::move(arguments));
    }

    void lost(const EventTally& tally) override {
        instant(unknown_track(tally.processor), fmt::format("{} lost", counted(tally.lost, "event")), "p", last_,
                {{"lost", tally.lost}, {"processor", tally.processor}});
    }

    void flush() override { file_ << std::flush; }

    void end(std::span<const EventTally> tallies) override {
        file_ << (first_ ? "[\n]\n" : "\n]\n");
        file_.close();
        if (!file_) {
            throw Failure(ExitStatus::failed, fmt::format("{} can't be written to its end.", path_),
                          "Is there no space left?");
        }
        print_to(out_, "{} in {}\n", counted(written_, "event"), path_);
        for (const EventTally& tally : tallies) {
            if (tally.lost != 0) {
                print_to(out_, "(processor {}: {} seen, {} lost)\n", tally.processor, counted(tally.events, "event"),
                         grouped(tally.lost));
            }
        }
    }

    [[nodiscard]] bool broken() const override { return !file_.good(); }

private:
    // Since shortly before the first event.
    [[nodiscard]] double microseconds(std::uint64_t ticks) const {
        return std::chrono::duration<double, std::micro>(clock_.at(ticks) - clock_.made()).count();
    }

    void instant(const Track& track, std::string name, const char* scope, double time,
                 nlohmann::ordered_json arguments) {
        name_track(track);
        write({{"name", std::move(name)},
               {"cat", "nadir"},
               {"ph", "i"},
               {"s", scope},
               {"ts", time},
               {"pid", track.process},
               {"tid", track.thread},
               {"args", std::move(arguments)}});
    }

    // Names come before what they name, and again when they change.
    void name_track(const Track& track) {
        if (std::string& name = threads_[track.thread]; name != track.thread_name) {
            name = track.thread_name;
            write_name("thread_name", track, track.thread_name);
        }
        // A process is called as its first thread is.
        std::string& name = processes_[track.process];
        if (name.empty() || (name != track.process_name && track.process == track.thread)) {
            name = track.process_name;
            write_name("process_name", track, track.process_name);
        }
    }

    void write_name(const char* what, const Track& track, const std::string& name) {
        write({{"name", what}, {"ph", "M"}, {"pid", track.process}, {"tid", track.thread}, {"args", {{"name", name}}}});
    }

    void write(const nlohmann::ordered_json& object) {
        file_ << (first_ ? "[\n" : ",\n")
              << object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        first_ = false;
    }

    std::string path_;
    std::ofstream file_;
    std::ostream& out_;
    const Clock& clock_;
    std::map<nadir_u32, std::string> threads_;
    std::map<nadir_u32, std::string> processes_;
    std::uint64_t written_ = 0;
    double last_ = 0;
    bool first_ = true;
};

} // namespace

std::unique_ptr<EventSink> perfetto_sink(const std::string& path, std::ostream& out, const Clock& clock) {
    return std::make_unique<PerfettoSink>(path, out, clock);
}

} // namespace nadir::tool
