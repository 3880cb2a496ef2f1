// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events belong to the open file that asked for them: when its last handle is closed, by its program or by the program's death,
// the processors run without optional exits again. All with the session's lock held.
#include "hosts/windows/host.h"

namespace nadir::windows {

namespace {

// Who has the events, and of which session: null once that one is gone.
constinit const void* owner = nullptr;
constinit nadir_session* watched = nullptr;
// The session was stopped meanwhile. What it had written by then can still be read.
constinit bool over = false;

} // namespace

nadir_u32 events_begin(const void* who, const nadir_event_filter& filter, nadir_report& report) {
    nadir_session* session = running_session();
    if (session == nullptr) {
        return host_report(report, NADIR_ALREADY_OFF, {"Nadir is off: there are no events. Turn it on first."});
    }
    if (owner != nullptr) {
        return host_report(report, NADIR_BUSY,
                           {"Somebody has the events already, and only one at a time can: wait for that one's end."});
    }
    const nadir_u32 status = nadir_events_begin(session, &filter, &report);
    if (status == NADIR_OK) {
        owner = who;
        watched = session;
        over = false;
    }
    return status;
}

nadir_u32 events_read(const void* who, nadir_events_read_request& request) {
    nadir_u32 status = NADIR_OK;
    request.count = 0;
    request.lost = 0;
    request.over = 0;
    __builtin_memset(request.events, 0, sizeof(request.events));
    __builtin_memset(request.processes, 0, sizeof(request.processes));
    if (owner == nullptr || owner != who || request.processor >= nadir_host_processor_count()) {
        return NADIR_BAD_ARGUMENT;
    }
    if (watched != nullptr) {
        status = nadir_events_read(watched, &request);
    }
    request.over = over ? 1 : 0;
    return status;
}

nadir_u32 events_end(const void* who, nadir_report& report) {
    nadir_u32 status = NADIR_OK;
    report = {};
    if (owner == nullptr || owner != who) {
        return NADIR_OK;
    }
    if (watched != nullptr) {
        status = nadir_events_end(watched, &report);
    }
    if (status != NADIR_OK) {
        print_words(NADIR_LEVEL_ERROR, "the events didn't end: ", report.text);
    }
    owner = nullptr;
    watched = nullptr;
    return status;
}

void events_stopped() { over = true; }

void events_forget() {
    nadir_report report;
    if (watched != nullptr) {
        (void)nadir_events_end(watched, &report);
    }
    watched = nullptr;
}

} // namespace nadir::windows
