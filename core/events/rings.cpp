// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/rings.h"

#include "base/format.h"
#include "control/event_ring_reader.h"
#include "core/enter.h"
#include "core/guest_call.h"
#include "core/msr_policy.h"
#include "core/nadir.h"
#include "core/report.h"

namespace nadir::core {

namespace {

constexpr uint64_t page_mask = NADIR_PAGE_SIZE - 1;

bool allocate_rings(nadir_session& session) {
    const uint64_t places = session.processor_count * sizeof(EventRings::Ring);
    const uint64_t bytes = (sizeof(EventRings) + places + page_mask) & ~page_mask;
    auto* rings = static_cast<EventRings*>(nadir_host_allocate(bytes));
    if (rings == nullptr) {
        return false;
    }
    rings->bytes = bytes;
    session.event_rings = rings;
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        void* memory = nadir_host_allocate(sizeof(nadir_event_ring));
        if (memory == nullptr) {
            return false;
        }
        rings->of[i] = {static_cast<nadir_event_ring*>(memory), nadir_host_physical(memory)};
    }
    return true;
}

struct Request {
    const nadir_session* session;
};

NADIR_ABI nadir_u32 begin_here(void* argument, nadir_u32 processor) {
    const nadir_session& session = *static_cast<Request*>(argument)->session;
    const EventRings::Ring& of = session.event_rings->of[processor];
    return static_cast<nadir_u32>(call_root(session, Hypercall::events_begin, of.physical, of.ring->begun).status);
}

NADIR_ABI nadir_u32 end_here(void* argument, nadir_u32) {
    return static_cast<nadir_u32>(call_root(*static_cast<Request*>(argument)->session, Hypercall::events_end).status);
}

// Root mode has stopped it, or it hangs there: it can't be asked, and might still write.
bool is_lost_processor(const nadir_session& session, uint32_t processor) {
    nadir_statistics statistics;
    (void)nadir_get_statistics(&session, processor, &statistics);
    return is_lost(statistics.state);
}

// On each processor that is virtualised and answers; the first failure.
uint32_t run_on_all(const nadir_session& session, nadir_procedure procedure) {
    Request request{&session};
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (session.processors[i].state != NADIR_PROCESSOR_ON || is_lost_processor(session, i)) {
            continue;
        }
        const uint32_t status = nadir_host_run_on(i, procedure, &request);
        if (status != NADIR_OK && status != NADIR_PROCESSOR_OFFLINE) {
            return status;
        }
    }
    return NADIR_OK;
}

uint32_t add_range(const nadir_session& session, const nadir_event_range& range) {
    const uint64_t numbers = range.first | uint64_t{range.last} << 32;
    return static_cast<uint32_t>(call_root(session, Hypercall::events_range, numbers, range.what).status);
}

NADIR_ABI nadir_u32 prepare_here(void* argument, nadir_u32) {
    const nadir_session& session = *static_cast<Request*>(argument)->session;
    const nadir_event_filter& filter = session.event_rings->filter;
    const uint64_t kinds_and_options = filter.kinds | uint64_t{filter.options} << 32;
    uint32_t status = static_cast<uint32_t>(call_root(session, Hypercall::events_prepare, kinds_and_options).status);
    uint32_t named = 0; // what there are ranges of
    for (uint32_t i = 0; status == NADIR_OK && i < filter.range_count; ++i) {
        named |= 1u << filter.ranges[i].what;
        status = add_range(session, filter.ranges[i]);
    }
    for (uint32_t what = 0; status == NADIR_OK && what < NADIR_RANGE_KINDS; ++what) {
        if (((named >> what) & 1) == 0) {
            status = add_range(session, {what, 0, ~0u}); // no range of it: all of it
        }
    }
    return status;
}

// One processor puts the watch together, for all.
uint32_t prepare(const nadir_session& session) {
    Request request{&session};
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (session.processors[i].state == NADIR_PROCESSOR_ON && !is_lost_processor(session, i)) {
            return nadir_host_run_on(i, prepare_here, &request);
        }
    }
    return NADIR_PROCESSOR_OFFLINE;
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
    case NADIR_BAD_ARGUMENT:
        base::Writer{words}
            .text("Nothing was begun: no event at all, an unknown one, more than ")
            .decimal(NADIR_EVENT_RANGES)
            .text(" ranges, one of something unknown, or one that ends before it begins was asked for.");
        break;
    default: break; // fill_report has the words
    }
    return report.status;
}

} // namespace

void continue_events(const nadir_session& session, uint32_t processor) {
    if (session.event_rings == nullptr || session.event_rings->active == 0) {
        return;
    }
    Request request{&session};
    (void)begin_here(&request, processor);
}

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
    uint32_t status = prepare(*session);
    status = status == NADIR_OK ? run_on_all(*session, begin_here) : status;
    if (status != NADIR_OK) {
        nadir_report ignored;
        nadir_events_end(session, &ignored);
        return fail(*report, static_cast<nadir_status>(status));
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
    const uint32_t status = run_on_all(*session, end_here);
    if (status != NADIR_OK) {
        return fail(*report, static_cast<nadir_status>(status));
    }
    free_event_rings(*session);
    return NADIR_OK;
}
}

} // namespace nadir::core
