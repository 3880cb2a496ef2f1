// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/print_to.h"
#include "tool/trace/event_sink.h"
#include "tool/trace/event_words.h"
#include "tool/trace/line_words.h"
#include "tool/units.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

class TextSink final : public EventSink {
public:
    TextSink(std::ostream& out, const Clock& clock) : out_(out), clock_(clock) {}

    void event(const SeenEvent& one) override {
        const nadir_event& event = one.event;
        const std::string_view raised = outcome_words(event);
        print_to(out_, "{}  cpu {:<3} {:<20}  rip 0x{:016x}  cr3 {:#x}  {:<6}  {}{}\n", time_of(clock_.at(event.time)),
                 one.processor, process_words(one), event.rip, event.cr3, name_of_event(event.kind), describe(event),
                 raised.empty() ? "" : fmt::format(" [{}]", raised));
        if (one.registers) {
            print_registers(*one.registers);
        }
    }

    void lost(const EventTally& tally) override {
        print_to(out_, "({} of processor {} lost: they came faster than they were read)\n",
                 counted(tally.lost, "event"), tally.processor);
    }

    void flush() override { out_ << std::flush; }

    void end(std::span<const EventTally> tallies) override {
        for (const EventTally& tally : tallies) {
            if (tally.lost != 0) {
                print_to(out_, "(processor {}: {} seen, {} lost)\n", tally.processor, counted(tally.events, "event"),
                         grouped(tally.lost));
            }
        }
    }

    [[nodiscard]] bool broken() const override { return !out_.good(); }

private:
    void print_registers(const EventRegisters& registers) {
        constexpr std::size_t in_line = 4;
        for (std::size_t i = 0; i < registers.size(); ++i) {
            print_to(out_, "{}{:<6} {:016x}{}", i % in_line == 0 ? "    " : "  ", register_names[i], registers[i],
                     i % in_line == in_line - 1 || i + 1 == registers.size() ? "\n" : "");
        }
    }

    std::ostream& out_;
    const Clock& clock_;
};

} // namespace

std::unique_ptr<EventSink> text_sink(std::ostream& out, const Clock& clock) {
    return std::make_unique<TextSink>(out, clock);
}

} // namespace nadir::tool
