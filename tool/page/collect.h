// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a page is made of: samples and events of some seconds.
#pragma once

#include "tool/json.h"
#include "tool/look/rates.h"
#include "tool/machine_notes.h"
#include "tool/trace/event_reader.h"

#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace nadir::tool {

struct PageWishes {
    std::chrono::milliseconds length{10'000};
    std::vector<std::string> events; // names of kinds; none: no events
    bool with_private = false;
    std::string symbols{}; // a file with the names of hooked places; empty: the running kernel's
};

// One event for the timeline, without what the table below it needs.
struct EventMark {
    nadir_u64 ticks;
    nadir_u16 kind;
};

struct PageData {
    MachineNotes notes;
    std::string processor_name;
    std::vector<Sample> samples; // at least two
    Rates whole;                 // from the first to the last
    std::vector<Rates> steps;    // from each to the next
    nadir_u64 ticks_per_exit = 0;
    std::vector<EventMark> marks;
    std::deque<SeenEvent> last_events;
    std::vector<EventTally> tallies;
    std::string no_events; // why there are none
    nlohmann::ordered_json caps;
    bool with_private = false;
};

// Takes as long as was wished for; a person may end it sooner.
PageData collect_page(System& system, const PageWishes& wishes);

} // namespace nadir::tool
