// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/plan/make_plan.h"

#include "core/events/rings.h"
#include "core/extensions/roll.h"
#include "core/guest_call.h"
#include "core/nadir.h"
#include "core/rules/rule_book.h"

namespace nadir::core {

namespace {

struct Request {
    const nadir_session* session;
};

bool wants_events(const nadir_session& session) {
    return session.event_rings != nullptr && session.event_rings->active != 0;
}

uint32_t status_of(const GuestCall& answer) { return static_cast<uint32_t>(answer.status); }

NADIR_ABI nadir_u32 take_here(void* argument, nadir_u32 processor) {
    const nadir_session& session = *static_cast<Request*>(argument)->session;
    if (!wants_events(session)) {
        return status_of(call_root(session, Hypercall::plan_take));
    }
    const EventRings::Ring& of = session.event_rings->of[processor];
    return status_of(call_root(session, Hypercall::plan_take, of.physical, of.ring->begun));
}

uint32_t add_range(const nadir_session& session, const nadir_event_range& range) {
    return status_of(call_root(session, Hypercall::plan_range, range.first | uint64_t{range.last} << 32, range.what));
}

uint32_t add_ranges(const nadir_session& session, const nadir_event_filter& filter) {
    uint32_t status = NADIR_OK;
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

uint32_t add_memory(const nadir_session& session, const nadir_event_filter& filter) {
    uint32_t status = NADIR_OK;
    for (uint32_t i = 0; status == NADIR_OK && i < filter.memory_count; ++i) {
        const nadir_memory_range& range = filter.memory[i];
        status = status_of(call_root(session, Hypercall::plan_memory, packed_range(range), range.last));
    }
    return status;
}

uint32_t add_rules(const nadir_session& session) {
    uint32_t status = NADIR_OK;
    for (uint32_t slot = 0; session.rule_book != nullptr && status == NADIR_OK && slot < NADIR_RULES; ++slot) {
        const RuleBook::Entry& entry = session.rule_book->of[slot];
        if (entry.used == 0) {
            continue;
        }
        status = status_of(
            call_root(session, Hypercall::plan_rule, packed_head(entry.rule, slot), packed_subject(entry.rule)));
        if (status == NADIR_OK) {
            status = status_of(call_root(session, Hypercall::plan_rule_values, entry.rule.keep, entry.rule.set));
        }
    }
    return status;
}

NADIR_ABI nadir_u32 make_here(void* argument, nadir_u32) {
    const nadir_session& session = *static_cast<Request*>(argument)->session;
    const bool events = wants_events(session);
    const nadir_event_filter* const filter = events ? &session.event_rings->filter : nullptr;
    const uint64_t kinds_and_options = events ? filter->kinds | uint64_t{filter->options} << 32 : 0;
    uint32_t status = status_of(call_root(session, Hypercall::plan_begin, kinds_and_options));
    if (status == NADIR_OK && events) {
        status = add_ranges(session, *filter);
        status = status == NADIR_OK ? add_memory(session, *filter) : status;
    }
    if (status == NADIR_OK) {
        status = add_rules(session);
    }
    return status == NADIR_OK ? status_of(call_root(session, Hypercall::plan_finish)) : status;
}

} // namespace

bool guards_memory(const nadir_session& session) {
    bool found = wants_events(session) && session.event_rings->filter.memory_count != 0;
    for (uint32_t slot = 0; session.rule_book != nullptr && slot < NADIR_RULES; ++slot) {
        const RuleBook::Entry& entry = session.rule_book->of[slot];
        found |= entry.used != 0 && entry.rule.kind == NADIR_RULE_PROTECT;
    }
    return found;
}

bool is_lost_processor(const nadir_session& session, uint32_t processor) {
    nadir_statistics statistics;
    (void)nadir_get_statistics(&session, processor, &statistics);
    return is_lost(statistics.state);
}

uint32_t some_processor(const nadir_session& session) {
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (session.processors[i].state == NADIR_PROCESSOR_ON && !is_lost_processor(session, i)) {
            return i;
        }
    }
    return NADIR_ANY_PROCESSOR;
}

uint32_t take_plan_everywhere(const nadir_session& session) {
    Request request{&session};
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (session.processors[i].state != NADIR_PROCESSOR_ON || is_lost_processor(session, i)) {
            continue;
        }
        const uint32_t status = nadir_host_run_on(i, take_here, &request);
        if (status != NADIR_OK && status != NADIR_PROCESSOR_OFFLINE) {
            return status;
        }
    }
    return NADIR_OK;
}

uint32_t renew_plan(const nadir_session& session) {
    Request request{&session};
    const uint32_t maker = some_processor(session);
    if (maker == NADIR_ANY_PROCESSOR) {
        return NADIR_PROCESSOR_OFFLINE;
    }
    const uint32_t status = nadir_host_run_on(maker, make_here, &request);
    return status == NADIR_OK ? take_plan_everywhere(session) : status;
}

void join_plan(const nadir_session& session, uint32_t processor) {
    if (session.event_rings == nullptr && session.rule_book == nullptr && extension_count() == 0) {
        return;
    }
    Request request{&session};
    (void)take_here(&request, processor);
}

} // namespace nadir::core
