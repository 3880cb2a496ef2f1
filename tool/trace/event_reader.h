// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events out of a device while they come, of all processors or of one.
#pragma once

#include "tool/device.h"
#include "tool/trace/seen_event.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nadir::tool {

// What became of one processor's events.
struct EventTally {
    nadir_u32 processor = 0;
    std::uint64_t events = 0; // read
    std::uint64_t lost = 0;
};

// What came since the last look, of all processors, in the order of time.
struct Harvest {
    std::vector<SeenEvent> events;
    std::vector<EventTally> lost; // only those that lost some
    bool over = false;            // Nadir was turned off
    bool more = false;            // of some processor there was so much that more may be there
};

class EventReader {
public:
    // `registers`: they come with each event.
    EventReader(Device& device, nadir_u32 processors, std::optional<nadir_u32> only, bool registers);

    Harvest read();

    [[nodiscard]] std::vector<EventTally> tallies() const;

private:
    struct Source {
        EventTally tally;
        nadir_u64 next = 0;
        // With registers: the event whose parts are read now, and what was lost before it.
        std::optional<SeenEvent> begun;
        std::uint32_t number = 0; // low half of its number
        std::uint32_t parts = 0;
        EventRegisters registers{};
        std::uint64_t records_lost = 0;
    };

    bool read(Source& source, Harvest& harvest);
    void add(Source& source, const nadir_event& record, const nadir_event_process& process, Harvest& harvest);
    void add_part(Source& source, const nadir_event& record, Harvest& harvest);
    void lose(Source& source, std::uint64_t records, Harvest& harvest);
    void finish(Source& source, Harvest& harvest) const;

    Device& device_;
    bool registers_;
    std::vector<Source> sources_;
};

} // namespace nadir::tool
