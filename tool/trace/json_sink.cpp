// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/json_output.h"
#include "tool/trace/event_json.h"
#include "tool/trace/event_sink.h"
#include "tool/trace/event_words.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

class JsonSink final : public EventSink {
public:
    JsonSink(std::ostream& out, const Clock& clock) : out_(out), clock_(clock) {}

    void event(const SeenEvent& one) override {
        const nadir_event& event = one.event;
        nlohmann::ordered_json json;
        json["time"] = std::chrono::duration<double>(clock_.at(event.time).time_since_epoch()).count();
        json["ticks"] = event.time;
        json["processor"] = one.processor;
        json["event"] = name_of_event(event.kind);
        json["process"] = process_json(one);
        json["rip"] = fmt::format("{:#x}", event.rip);
        json["cr3"] = fmt::format("{:#x}", event.cr3);
        json["privilege_level"] = event.privilege_level;
        json["words"] = nlohmann::ordered_json::array();
        for (const nadir_u64 word : event.word) {
            json["words"].push_back(fmt::format("{:#x}", word));
        }
        json["fields"] = fields_json(event);
        json["raised"] = nullptr;
        if (const std::string_view raised = outcome_words(event); !raised.empty()) {
            json["raised"] = raised;
        }
        json["text"] = describe(event);
        if (one.registers) {
            json["registers"] = registers_json(one);
        }
        out_ << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
             << '\n'; // flushed by the batch
    }

    void lost(const EventTally& tally) override {
        print_json_line(out_, {{"lost", tally.lost}, {"processor", tally.processor}});
    }

    void flush() override { out_ << std::flush; }

    void end(std::span<const EventTally> tallies) override {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const EventTally& tally : tallies) {
            all.push_back({{"processor", tally.processor}, {"seen", tally.events}, {"lost", tally.lost}});
        }
        print_json_line(out_, {{"end", all}});
    }

    [[nodiscard]] bool broken() const override { return !out_.good(); }

private:
    std::ostream& out_;
    const Clock& clock_;
};

} // namespace

std::unique_ptr<EventSink> json_sink(std::ostream& out, const Clock& clock) {
    return std::make_unique<JsonSink>(out, clock);
}

} // namespace nadir::tool
