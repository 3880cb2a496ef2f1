// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fields of a VMCS for who asks from the host: live, of a processor that root mode stopped, or of a failed entry.
#include "core/guest_call.h"
#include "core/nadir.h"
#include "core/session.h"

namespace nadir::core {

namespace {

struct Reading {
    const nadir_session* session;
    nadir_vmcs* vmcs;
};

uint32_t ask_fields(const nadir_session& session, uint32_t processor, nadir_vmcs& vmcs) {
    constexpr uint32_t at_once = hypercall_words - 1;
    for (uint32_t first = 0; first < VmcsSnapshot::capacity; first += at_once) {
        const GuestCall answer = call_root(session, Hypercall::read_vmcs, processor, first);
        if (answer.status != NADIR_OK) {
            return static_cast<uint32_t>(answer.status);
        }
        for (uint32_t i = 0; i < at_once; ++i) {
            if (((answer.word[0] >> i) & 1) != 0) {
                vmcs.fields[vmcs.count++] = {arch::vmcs_encodings[first + i], 0, answer.word[i + 1]};
            }
        }
    }
    return NADIR_OK;
}

NADIR_ABI nadir_u32 ask_here(void* argument, nadir_u32 processor) {
    const auto& reading = *static_cast<Reading*>(argument);
    return ask_fields(*reading.session, processor, *reading.vmcs);
}

} // namespace

extern "C" NADIR_ABI nadir_u32 nadir_read_vmcs(const nadir_session* session, nadir_u32 processor, nadir_vmcs* vmcs) {
    if (processor == NADIR_ANY_PROCESSOR) {
        *vmcs = session->failed_entry;
        return NADIR_OK;
    }
    *vmcs = {};
    vmcs->processor = processor;
    if (processor >= session->processor_count) {
        return NADIR_BAD_ARGUMENT;
    }
    if (nadir_processor_active(session, processor) == 0) {
        return NADIR_OK;
    }
    nadir_statistics statistics;
    (void)nadir_get_statistics(session, processor, &statistics);
    if (statistics.state == NADIR_PROCESSOR_STUCK) {
        return NADIR_OK; // it would never answer, and has left nothing yet
    }
    if (statistics.state == NADIR_PROCESSOR_DEAD) {
        // It answers no more; what it left can be read from any other.
        vmcs->source = NADIR_VMCS_DEAD;
        return ask_fields(*session, processor, *vmcs);
    }
    vmcs->source = NADIR_VMCS_LIVE;
    Reading reading{session, vmcs};
    return nadir_host_run_on(processor, ask_here, &reading);
}

} // namespace nadir::core
