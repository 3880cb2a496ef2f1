// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/read_recorder.h"

#include "arch/vmx/exit_reason.h"
#include "core/enter.h"
#include "core/guest_call.h"
#include "core/nadir.h"

namespace nadir::core {

namespace {

constexpr unsigned cpuid = static_cast<unsigned>(arch::BasicExitReason::cpuid);

void ask_ring(const nadir_session& session, nadir_recorder_request& request) {
    const GuestCall position = call_root(session, Hypercall::recorder_position, request.processor);
    request.begun = position.word[0];
    request.cpuid_exits = position.word[1];
    request.state = static_cast<nadir_u32>(position.word[2]);
    for (uint64_t number = control::oldest_exit(request.begun); number < request.begun; ++number) {
        const GuestCall answer = call_root(session, Hypercall::read_recorder, request.processor, number);
        if (answer.status == NADIR_OK) {
            __builtin_memcpy(&request.records[request.count++], answer.word, sizeof(nadir_exit_record));
        }
    }
}

void read_ring(const Vcpu& vcpu, nadir_recorder_request& request) {
    const nadir_exit_ring& ring = exit_ring(vcpu);
    request.begun = ring.begun;
    request.cpuid_exits = vcpu.exits[cpuid];
    request.state = vcpu.state;
    for (uint64_t number = control::oldest_exit(request.begun); number < request.begun; ++number) {
        request.count += control::read_exit(ring, number, request.records[request.count]) ? 1 : 0;
    }
}

void read_kept(const nadir_session::Processor& record, nadir_recorder_request& request) {
    request.begun = record.exits_begun;
    request.cpuid_exits = record.statistics.exits[cpuid];
    request.state = record.state;
    const uint64_t oldest = request.begun > exits_kept ? request.begun - exits_kept : 0;
    for (uint64_t number = oldest; number < request.begun; ++number) {
        const nadir_exit_record& exit = record.exits[number % exits_kept];
        if (exit.sequence == static_cast<nadir_u32>(number)) {
            request.records[request.count++] = exit;
        }
    }
}

} // namespace

void keep_exits(nadir_session::Processor& record, const Vcpu& vcpu) {
    const nadir_exit_ring& ring = exit_ring(vcpu);
    record.exits_begun = ring.begun;
    const uint64_t oldest = ring.begun > exits_kept ? ring.begun - exits_kept : 0;
    for (uint64_t number = oldest; number < ring.begun; ++number) {
        record.exits[number % exits_kept] = control::exit_slot(ring, number);
    }
}

extern "C" {

NADIR_ABI nadir_u32 nadir_read_recorder(const nadir_session* session, nadir_recorder_request* request) {
    request->count = 0;
    __builtin_memset(request->records, 0, sizeof(request->records));
    if (request->processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    const nadir_session::Processor& record = session->processors[request->processor];
    if (record.state != NADIR_PROCESSOR_ON) {
        read_kept(record, *request);
    } else if (runs_as_guest(*session)) {
        ask_ring(*session, *request);
    } else {
        read_ring(*session->vmm->vcpus[request->processor], *request);
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 nadir_watch(const nadir_session* session, nadir_u32 first) {
    if (session->processors_on == 0 || !runs_as_guest(*session)) {
        return NADIR_ANY_PROCESSOR;
    }
    return static_cast<nadir_u32>(call_root(*session, Hypercall::watch, first).word[0]);
}
}

} // namespace nadir::core
