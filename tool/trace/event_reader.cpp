// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_reader.h"

#include <algorithm>
#include <bit>

namespace nadir::tool {

namespace {

// As many batches as a ring has: whoever writes faster than this reads must not keep the other processors waiting.
constexpr unsigned batches_at_once = (NADIR_EVENT_RING_EVENTS + NADIR_EVENT_BATCH - 1) / NADIR_EVENT_BATCH;

} // namespace

EventReader::EventReader(Device& device, nadir_u32 processors, std::optional<nadir_u32> only, bool registers)
    : device_(device), registers_(registers) {
    for (nadir_u32 number = 0; number < processors; ++number) {
        if (!only || *only == number) {
            sources_.emplace_back().tally.processor = number;
        }
    }
}

Harvest EventReader::read() {
    Harvest harvest;
    for (Source& source : sources_) {
        unsigned batches = 1;
        while (read(source, harvest) && batches < batches_at_once) {
            ++batches;
        }
        harvest.more = harvest.more || batches == batches_at_once;
    }
    std::ranges::stable_sort(harvest.events, {}, [](const SeenEvent& one) { return one.event.time; });
    return harvest;
}

std::vector<EventTally> EventReader::tallies() const {
    std::vector<EventTally> all;
    all.reserve(sources_.size());
    for (const Source& source : sources_) {
        all.push_back(source.tally);
    }
    return all;
}

// Was it a whole batch? What is missing is counted by the records' numbers, so that it is missed in its place.
bool EventReader::read(Source& source, Harvest& harvest) {
    const nadir_events_read_request answer = device_.events_read(source.tally.processor, source.next);
    harvest.over = harvest.over || answer.over != 0;
    for (nadir_u32 i = 0; i < answer.count; ++i) {
        const nadir_u32 skipped = answer.events[i].sequence - 1 - static_cast<nadir_u32>(source.next);
        lose(source, skipped, harvest);
        source.next += skipped + std::uint64_t{1};
        add(source, answer.events[i], answer.processes[i], harvest);
    }
    lose(source, answer.next - source.next, harvest);
    source.next = answer.next;
    if (answer.count < NADIR_EVENT_BATCH) {
        finish(source, harvest); // its registers would have been there before it
        return false;
    }
    return true;
}

void EventReader::add(Source& source, const nadir_event& record, const nadir_event_process& process, Harvest& harvest) {
    if (record.kind == NADIR_EVENT_REGISTERS) {
        add_part(source, record, harvest);
        return;
    }
    finish(source, harvest);
    source.begun = SeenEvent{source.tally.processor, record, process, std::nullopt};
    source.number = record.sequence - 1;
    source.parts = 0;
    if (!registers_) {
        finish(source, harvest);
    }
}

void EventReader::add_part(Source& source, const nadir_event& record, Harvest& harvest) {
    const auto part = std::bit_cast<nadir_event_registers>(record);
    if (!source.begun || static_cast<std::uint32_t>(part.event) != source.number || part.part != source.parts) {
        ++source.records_lost; // its event is
        return;
    }
    const std::size_t first = std::size_t{part.part} * std::size(part.value);
    for (std::size_t i = 0; i < std::size(part.value) && first + i < source.registers.size(); ++i) {
        source.registers[first + i] = part.value[i];
    }
    if (++source.parts == NADIR_EVENT_REGISTER_PARTS) {
        source.begun->registers = source.registers;
        finish(source, harvest);
    }
}

// Of an event that was read already, parts may be among them.
void EventReader::lose(Source& source, std::uint64_t records, Harvest& harvest) {
    if (records == 0) {
        return;
    }
    if (source.begun) {
        records -= std::min<std::uint64_t>(records, NADIR_EVENT_REGISTER_PARTS - source.parts);
        finish(source, harvest);
    }
    source.records_lost += records;
}

void EventReader::finish(Source& source, Harvest& harvest) const {
    if (source.records_lost != 0) {
        const std::uint64_t records = registers_ ? 1 + NADIR_EVENT_REGISTER_PARTS : 1;
        const std::uint64_t lost = (source.records_lost + records - 1) / records;
        source.records_lost = 0;
        source.tally.lost += lost;
        harvest.lost.push_back({source.tally.processor, 0, lost});
    }
    if (source.begun) {
        ++source.tally.events;
        harvest.events.push_back(*source.begun);
        source.begun.reset();
    }
}

} // namespace nadir::tool
