// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The one session of this machine: started and stopped.
#include "base/format.h"
#include "hosts/windows/host.h"
#include "hosts/windows/refusal.h"

namespace nadir::windows {

namespace {

constinit KMUTEX lock{};

// The running session, or the last one while it can still be asked what happened.
constinit nadir_session* session = nullptr;
constinit bool running = false;

constinit nadir_options last_options{};
constinit nadir_u64 starts = 0;

struct Block {
    const char* why;
    bool holds;
};
constinit Block blocks[] = {
    {"the driver is unloaded", false}, {"the system shuts down", false}, {"the system goes to sleep", false}};
constinit bool start_again = false; // at the next `resume`

Block& block_of(Hindrance why) { return blocks[static_cast<nadir_u32>(why)]; }

// What a refused start is told, null where none is.
const char* blocked() {
    for (const Block& each : blocks) {
        if (each.holds) {
            return each.why;
        }
    }
    return nullptr;
}

void set_running(bool value) { __atomic_store_n(&running, value, __ATOMIC_RELEASE); }

} // namespace

void session_init() { KeInitializeMutex(&lock, 0); }

SessionLock::SessionLock() { KeWaitForSingleObject(&lock, Executive, KernelMode, FALSE, nullptr); }
SessionLock::~SessionLock() { release(); }

bool SessionLock::try_take() {
    LARGE_INTEGER at_once{};
    return KeWaitForSingleObject(&lock, Executive, KernelMode, FALSE, &at_once) == STATUS_SUCCESS;
}

void SessionLock::release() { KeReleaseMutex(&lock, FALSE); }

nadir_session* running_session() { return __atomic_load_n(&running, __ATOMIC_ACQUIRE) ? session : nullptr; }
nadir_session* known_session() { return session; }
nadir_u64 successful_starts() { return starts; }

nadir_u32 host_report(nadir_report& report, nadir_status status, std::initializer_list<std::string_view> text) {
    report = {};
    report.status = status;
    report.processor = NADIR_ANY_PROCESSOR;
    base::Writer writer{report.text};
    for (const std::string_view part : text) {
        writer.text(part);
    }
    return status;
}

namespace {

nadir_u32 start_locked(const nadir_options& options, nadir_report& report) {
    if (running) {
        return host_report(report, NADIR_ALREADY_ON, {"Nadir is on already: nothing was changed."});
    }
    if (const char* why = blocked(); why != nullptr) {
        return host_report(report, NADIR_BUSY, {"Nadir can't be started now: ", why, "."});
    }
    if (refused_by_hypervisor(report)) {
        return report.status;
    }
    report = {};
    nadir_session* started = nullptr;
    const nadir_u32 status = nadir_start(&options, &started, &report);
    if (started != nullptr) {
        // Also after a failure, for what it logged.
        events_forget();
        if (session != nullptr) {
            nadir_release(session);
        }
        session = started;
        set_running(status == NADIR_OK);
    }
    if (status != NADIR_OK) {
        print_words(NADIR_LEVEL_ERROR, "not started: ", report.text);
        return status;
    }
    ++starts;
    last_options = options;
    watchdog_begin();
    drain_begin();
    print(NADIR_LEVEL_INFO, "on: {d} processors in VMX non-root operation",
          {KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS)});
    return NADIR_OK;
}

} // namespace

nadir_u32 start(const nadir_options& options, nadir_report& report) {
    const SessionLock held;
    return start_locked(options, report);
}

nadir_u32 stop_locked(nadir_report& report) {
    if (!running) {
        return host_report(report, NADIR_ALREADY_OFF, {"Nadir is off already: nothing was changed."});
    }
    report = {};
    const nadir_u32 status = nadir_stop(session, &report);
    if (status != NADIR_OK) {
        print_words(NADIR_LEVEL_ERROR, "not stopped: ", report.text);
        return status;
    }
    set_running(false);
    events_stopped();
    watchdog_end();
    drain_end();
    print(NADIR_LEVEL_INFO, "off");
    return NADIR_OK;
}

nadir_u32 stop(nadir_report& report) {
    const SessionLock held;
    return stop_locked(report);
}

void block(Hindrance why) {
    const SessionLock held;
    Block& block = block_of(why);
    block.holds = true;
    if (running) {
        // Until the system is back: it may say more than once that it goes, and the second time there is nothing on.
        start_again = true;
        nadir_report report;
        print_words(NADIR_LEVEL_INFO, "turning off: ", block.why);
        (void)stop_locked(report);
    }
}

void resume() {
    const SessionLock held;
    block_of(Hindrance::shutdown).holds = false;
    block_of(Hindrance::sleep).holds = false;
    if (!start_again) {
        return;
    }
    start_again = false;
    const nadir_options options = last_options;
    nadir_report report;
    if (start_locked(options, report) == NADIR_OK) {
        print(NADIR_LEVEL_INFO, "on again after sleep");
    } else {
        print_words(NADIR_LEVEL_ERROR, "not on again after sleep: ", report.text);
    }
}

bool release_session() {
    const SessionLock held;
    if (running) {
        // What kept it from being stopped may have passed; after this nobody can try any more.
        nadir_report report;
        (void)stop_locked(report);
    }
    if (running) {
        watchdog_cancel();
        drain_cancel();
        return false;
    }
    events_forget();
    if (session != nullptr) {
        nadir_release(session);
        session = nullptr;
    }
    return allocated_bytes() == 0;
}

} // namespace nadir::windows
