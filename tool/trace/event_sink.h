// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where `nadir trace` puts what it sees.
#pragma once

#include "tool/clock.h"
#include "tool/trace/event_reader.h"

#include <memory>
#include <ostream>
#include <span>
#include <string>

namespace nadir::tool {

class EventSink {
public:
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;
    virtual ~EventSink() = default;

    virtual void event(const SeenEvent& event) = 0;
    virtual void lost(const EventTally& tally) = 0; // just now
    virtual void flush() = 0;
    // At the end: of each processor, over the whole time.
    virtual void end(std::span<const EventTally> tallies) = 0;
    // Nobody takes it any more.
    [[nodiscard]] virtual bool broken() const = 0;
};

std::unique_ptr<EventSink> text_sink(std::ostream& out, const Clock& clock);
// One object per line.
std::unique_ptr<EventSink> json_sink(std::ostream& out, const Clock& clock);
// The trace-event format, into this file; a word about it at the end to `out`. Throws Failure when it can't be written.
std::unique_ptr<EventSink> perfetto_sink(const std::string& path, std::ostream& out, const Clock& clock);

} // namespace nadir::tool
