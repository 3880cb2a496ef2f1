// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a host may ask of a session, whether the processor it runs on is a guest (then root mode answers) or not (then the
// arena, or what was kept of it, can simply be read).
#include "core/session.h"

#include "core/enter.h"
#include "core/guest_call.h"
#include "core/log.h"
#include "core/nadir.h"
#include "core/read_recorder.h"
#include "core/vmm.h"

namespace nadir::core {

namespace {

nadir_statistics statistics_of(const Vcpu& vcpu) {
    nadir_statistics s{};
    s.processor = vcpu.place.processor;
    s.exits_total = exits_total(vcpu);
    s.nmi_in_root = vcpu.nmi_in_root;
    s.events_reinjected = vcpu.events_reinjected;
    s.log_lost = vcpu.log_next > log_records ? vcpu.log_next - log_records : 0;
    for (unsigned i = 0; i < NADIR_EXIT_REASONS; ++i) {
        s.exits[i] = vcpu.exits[i];
    }
    return s;
}

void ask_statistics(const nadir_session& session, uint32_t processor, nadir_statistics& out) {
    constexpr unsigned words = sizeof(nadir_statistics) / 8;
    static_assert(words % hypercall_words == 0);
    auto* to = reinterpret_cast<char*>(&out);
    for (unsigned first = 0; first < words; first += hypercall_words) {
        const GuestCall answer = call_root(session, Hypercall::read_statistics, processor, first);
        __builtin_memcpy(to + first * sizeof(uint64_t), answer.word, sizeof(answer.word));
    }
}

void ask_log(const nadir_session& session, nadir_log_request& request) {
    request.count = 0;
    request.lost = 0;
    const uint32_t end = static_cast<uint32_t>(call_root(session, Hypercall::log_position, request.processor).word[0]);
    const uint32_t oldest = end > log_records ? end - log_records : 0;
    if (request.next < oldest) {
        request.lost = oldest - request.next;
        request.next = oldest;
    }
    while (request.next < end && request.count < NADIR_LOG_BATCH) {
        const GuestCall answer = call_root(session, Hypercall::read_log, request.processor, request.next);
        if (answer.status == NADIR_OK) {
            __builtin_memcpy(&request.records[request.count++], answer.word, sizeof(answer.word));
        } else {
            ++request.lost;
        }
        ++request.next;
    }
}

bool active(const nadir_session& session) { return session.processors_on != 0; }

} // namespace

void keep_results(nadir_session& session, uint32_t processor) {
    const Vcpu& vcpu = *session.vmm->vcpus[processor];
    nadir_session::Processor& record = session.processors[processor];
    record.statistics = statistics_of(vcpu);
    record.log_next = vcpu.log_next;
    __builtin_memcpy(record.log, vcpu.place.log, sizeof(record.log));
    keep_exits(record, vcpu);
}

extern "C" {

NADIR_ABI nadir_u32 nadir_processor_active(const nadir_session* session, nadir_u32 processor) {
    return processor < session->processor_count && session->processors[processor].state == NADIR_PROCESSOR_ON ? 1 : 0;
}

NADIR_ABI nadir_u32 nadir_get_state(const nadir_session* session, nadir_state* state) {
    *state = session->final_state;
    state->active = active(*session) ? 1 : 0;
    state->processors_on = session->processors_on;
    if (active(*session)) {
        state->gdb_port = session->options.gdb_port;
        state->bytes_ept = runs_as_guest(*session) ? call_root(*session, Hypercall::read_memory_use).word[0]
                                                   : uint64_t{session->vmm->ept.pool.in_use()} * 4096;
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_get_statistics(const nadir_session* session, nadir_u32 processor,
                                         nadir_statistics* statistics) {
    if (processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    const nadir_session::Processor& record = session->processors[processor];
    if (record.state != NADIR_PROCESSOR_ON) {
        *statistics = record.statistics;
    } else if (runs_as_guest(*session)) {
        ask_statistics(*session, processor, *statistics);
    } else {
        *statistics = statistics_of(*session->vmm->vcpus[processor]);
    }
    statistics->processor = processor;
    // A processor that root mode had to stop says so itself.
    if (record.state != NADIR_PROCESSOR_ON || !is_lost(statistics->state)) {
        statistics->state = record.state;
    }
    statistics->enter_ticks = record.enter_ticks;
    statistics->leave_ticks = record.leave_ticks;
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_read_log(const nadir_session* session, nadir_log_request* request) {
    if (request->processor == NADIR_ANY_PROCESSOR) {
        return read_ring({session->log, sizeof(session->log) / sizeof(session->log[0]), session->log_next}, *request);
    }
    if (request->processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    const nadir_session::Processor& record = session->processors[request->processor];
    if (record.state != NADIR_PROCESSOR_ON) {
        return read_ring({record.log, log_records, record.log_next}, *request);
    }
    if (runs_as_guest(*session)) {
        ask_log(*session, *request);
        return NADIR_OK;
    }
    const Vcpu& vcpu = *session->vmm->vcpus[request->processor];
    return read_ring({vcpu.place.log, log_records, vcpu.log_next}, *request);
}

NADIR_ABI nadir_u32 nadir_provoke(const nadir_session* session, nadir_u32 provocation) {
    return static_cast<nadir_u32>(call_root(*session, Hypercall::provoke, provocation).status);
}

NADIR_ABI void nadir_wait_for_startup(nadir_session* session) {
    (void)call_root(*session, Hypercall::wait_for_startup);
}

NADIR_ABI void nadir_start_up(nadir_session* session, nadir_u32 vector) {
    (void)call_root(*session, Hypercall::start_up, vector & 0xFF);
}
}

} // namespace nadir::core
