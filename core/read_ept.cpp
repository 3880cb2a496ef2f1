// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The EPT's entries on the way to an address, for who asks from the host.
#include "base/format.h"
#include "core/guest_call.h"
#include "core/nadir.h"
#include "core/report.h"
#include "core/session.h"

namespace nadir::core {

namespace {

struct Question {
    const nadir_session* session;
    nadir_memory_ept_request* request;
};

NADIR_ABI nadir_u32 ask_here(void* argument, nadir_u32 processor) {
    const auto& question = *static_cast<Question*>(argument);
    nadir_memory_ept_request& request = *question.request;
    const GuestCall answer = call_root(*question.session, Hypercall::inspect_ept, request.address, request.tables);
    request.walk.processor = processor;
    request.walk.eptp = answer.word[0];
    request.walk.count = static_cast<nadir_u32>(answer.word[1]);
    request.walk.tables = static_cast<nadir_u32>(answer.word[2]);
    request.walk.flags = static_cast<nadir_u32>(answer.word[3]);
    for (unsigned i = 0; i < 4; ++i) {
        request.walk.entries[i] = answer.word[4 + i];
    }
    return static_cast<nadir_u32>(answer.status);
}

bool can_be_asked(const nadir_session& session, uint32_t processor) {
    if (processor >= session.processor_count || session.processors[processor].state != NADIR_PROCESSOR_ON) {
        return false;
    }
    nadir_statistics statistics;
    (void)nadir_get_statistics(&session, processor, &statistics);
    return !is_lost(statistics.state);
}

// The one that was wanted, or any.
uint32_t find_processor(const nadir_session& session, uint32_t wanted) {
    if (wanted != NADIR_ANY_PROCESSOR) {
        return can_be_asked(session, wanted) ? wanted : NADIR_ANY_PROCESSOR;
    }
    for (uint32_t i = 0; i < session.processor_count; ++i) {
        if (can_be_asked(session, i)) {
            return i;
        }
    }
    return NADIR_ANY_PROCESSOR;
}

std::string_view words_for(uint32_t status) {
    switch (status) {
    case NADIR_PROCESSOR_OFFLINE: return "That processor is not under Nadir, or doesn't answer any more.";
    case NADIR_MEMORY_NOT_THERE: return "The processor has no physical address so high that the EPT could map it.";
    case NADIR_BAD_ARGUMENT: return "There are no such tables on that processor now: it is in no view (docs/views.md).";
    default: return {};
    }
}

} // namespace

extern "C" NADIR_ABI nadir_u32 nadir_memory_ept(const nadir_session* session, nadir_memory_ept_request* request) {
    request->walk = {};
    const uint32_t processor = find_processor(*session, request->processor);
    Question question{session, request};
    const uint32_t status = processor != NADIR_ANY_PROCESSOR ? nadir_host_run_on(processor, ask_here, &question)
                                                             : uint32_t{NADIR_PROCESSOR_OFFLINE};
    if (status == NADIR_OK) {
        fill_success(request->report);
        return NADIR_OK;
    }
    request->walk = {};
    fill_report(request->report, {static_cast<nadir_status>(status),
                                  NADIR_STEP_NONE,
                                  request->processor,
                                  {request->address, request->tables, 0, 0}});
    if (const std::string_view words = words_for(status); !words.empty()) {
        base::Writer{request->report.text}.text(words);
    }
    return status;
}

} // namespace nadir::core
