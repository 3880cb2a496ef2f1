// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/rings.h"

#include "base/format.h"
#include "control/event_ring_reader.h"
#include "core/cleared_memory.h"
#include "core/msr_policy.h"
#include "core/nadir.h"
#include "core/plan/make_plan.h"
#include "core/plan/memory_refusal.h"
#include "core/plan/plan.h"
#include "core/report.h"

namespace nadir::core {

namespace {

constexpr uint64_t page_mask = NADIR_PAGE_SIZE - 1;

bool allocate_rings(nadir_session& session) {
    const uint64_t places = session.processor_count * sizeof(EventRings::Ring);
    const uint64_t bytes = (sizeof(EventRings) + places + page_mask) & ~page_mask;
    auto* rings = static_cast<EventRings*>(allocate_cleared(bytes));
    if (rings == nullptr) {
        return false;
    }
    rings->bytes = bytes;
    session.event_rings = rings;
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        void* memory = allocate_cleared(sizeof(nadir_event_ring));
        if (memory == nullptr) {
            return false;
        }
        rings->of[i] = {static_cast<nadir_event_ring*>(memory), nadir_host_physical(memory)};
    }
    return true;
}

bool is_understood(const nadir_event_filter& filter) {
    if (filter.kinds == 0 || (filter.kinds & ~NADIR_EVENTS_BUILT) != 0 || filter.range_count > NADIR_EVENT_RANGES ||
        (filter.options & ~NADIR_EVENT_OPTIONS_BUILT) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < filter.range_count; ++i) {
        const nadir_event_range& range = filter.ranges[i];
        const bool known = range.what < NADIR_RANGE_KINDS && ((NADIR_RANGES_BUILT >> range.what) & 1) != 0;
        if (!known || range.last < range.first) {
            return false;
        }
    }
    const bool asks_for_memory = ((filter.kinds >> NADIR_EVENT_MEMORY) & 1) != 0;
    if (filter.memory_count > NADIR_MEMORY_RANGES || asks_for_memory != (filter.memory_count != 0)) {
        return false;
    }
    for (uint32_t i = 0; i < filter.memory_count; ++i) {
        if (!is_sound(filter.memory[i])) {
            return false;
        }
    }
    return true;
}

nadir_u32 fail(nadir_report& report, nadir_status status, uint64_t detail = 0) {
    fill_report(report, {status, NADIR_STEP_NONE, NADIR_ANY_PROCESSOR, {detail, 0, 0, 0}});
    const std::span words{report.text};
    switch (status) {
    case NADIR_ALREADY_OFF: base::Writer{words}.text("Nadir is off: there are no events. Turn it on first."); break;
    case NADIR_BUSY:
        base::Writer{words}.text(
            "Somebody has the events already, and only one at a time can: wait for that one's end.");
        break;
    case NADIR_UNSUPPORTED_FEATURE:
        base::Writer{words}.text("MSR ").hex(detail).text(
            " can't be watched: VM exits switch it, and a write of it could not be judged as the processor would.");
        break;
    case NADIR_EVENT_NOT_OFFERED:
        base::Writer{words}.text("Nothing was begun: this processor lacks \"descriptor-table exiting\", without which "
                                 "LGDT, LIDT, LLDT, LTR and the stores of these registers can't be seen.");
        break;
    case NADIR_BAD_ARGUMENT:
        base::Writer{words}
            .text("Nothing was begun: no event at all, an unknown one, more than ")
            .decimal(NADIR_EVENT_RANGES)
            .text(
                " ranges, one of something unknown, or one that ends before it begins was asked for; or accesses to memory "
                "without saying to which.");
        break;
    default: break; // fill_report has the words
    }
    return report.status;
}

} // namespace

void free_event_rings(nadir_session& session) {
    EventRings* rings = session.event_rings;
    if (rings == nullptr) {
        return;
    }
    session.event_rings = nullptr;
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        // The memory of a processor that may still write to it stays, as all else does that it uses.
        const bool may_be_used = session.processors[i].state == NADIR_PROCESSOR_ON && is_lost_processor(session, i);
        if (rings->of[i].ring != nullptr && !may_be_used) {
            nadir_host_free(rings->of[i].ring, sizeof(nadir_event_ring));
        }
    }
    nadir_host_free(rings, rings->bytes);
}

extern "C" {

NADIR_ABI nadir_u32 nadir_events_begin(nadir_session* session, const nadir_event_filter* filter, nadir_report* report) {
    fill_success(*report);
    if (session->processors_on == 0) {
        return fail(*report, NADIR_ALREADY_OFF);
    }
    if (session->event_rings != nullptr) {
        return fail(*report, NADIR_BUSY);
    }
    if (!is_understood(*filter)) {
        return fail(*report, NADIR_BAD_ARGUMENT);
    }
    for (uint32_t i = 0; i < filter->range_count; ++i) {
        const nadir_event_range& range = filter->ranges[i];
        if (range.what == NADIR_RANGE_MSR && range.first == range.last && !is_watchable(range.first)) {
            return fail(*report, NADIR_UNSUPPORTED_FEATURE, range.first);
        }
    }
    if (!allocate_rings(*session)) {
        free_event_rings(*session);
        return fail(*report, NADIR_NO_MEMORY, sizeof(nadir_event_ring));
    }
    session->event_rings->filter = *filter;
    session->event_rings->active = 1;
    const uint32_t status = renew_plan(*session);
    if (status != NADIR_OK) {
        nadir_report ignored;
        nadir_events_end(session, &ignored);
        (void)fail(*report, static_cast<nadir_status>(status));
        if (filter->memory_count != 0) {
            (void)explain_memory_refusal(status, std::span{report->text});
        }
        return status;
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_events_read(const nadir_session* session, nadir_events_read_request* request) {
    request->count = 0;
    request->lost = 0;
    request->over = session->event_rings == nullptr ? 1 : 0;
    if (request->processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    if (request->over != 0) {
        return NADIR_OK;
    }
    const nadir_event_ring& ring = *session->event_rings->of[request->processor].ring;
    while (request->count < NADIR_EVENT_BATCH) {
        switch (control::read_event(ring, request->next, request->events[request->count])) {
        case control::EventRead::there:
            ++request->count;
            ++request->next;
            break;
        case control::EventRead::lost: {
            const uint64_t oldest = control::oldest_event(__atomic_load_n(&ring.begun, __ATOMIC_ACQUIRE));
            request->lost += oldest - request->next;
            request->next = oldest;
            break;
        }
        case control::EventRead::not_yet: return NADIR_OK;
        }
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_events_end(nadir_session* session, nadir_report* report) {
    fill_success(*report);
    if (session->event_rings == nullptr) {
        return NADIR_OK;
    }
    session->event_rings->active = 0;
    uint32_t status = renew_plan(*session);
    if (status != NADIR_OK) {
        status = take_plan_everywhere(*session); // there can be no new one, but no ring is needed any more
    }
    if (status != NADIR_OK) {
        return fail(*report, static_cast<nadir_status>(status));
    }
    free_event_rings(*session);
    return NADIR_OK;
}
}

} // namespace nadir::core
