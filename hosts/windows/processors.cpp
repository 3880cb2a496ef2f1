// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Processors are added to a running system (they never go). One that comes while Nadir is on enters, too; where it can't,
// Nadir goes off: a machine that is half under it would not be what its user asked for, and the new one is there to stay.
#include "hosts/windows/affinity.h"
#include "hosts/windows/host.h"
#include "hosts/windows/machine.h"
#include "hosts/windows/nmi.h"

namespace nadir::windows {

namespace {

constinit PVOID registration = nullptr;

struct Arrival {
    nadir_session* session;
    nadir_report report;
};

NADIR_ABI nadir_u32 enter_here(void* argument, nadir_u32 processor) {
    auto& arrival = *static_cast<Arrival*>(argument);
    return nadir_enter_processor(arrival.session, processor, &arrival.report);
}

void processor_added(PVOID, KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT* change, NTSTATUS*) {
    if (change->State == KeProcessorAddCompleteNotify) {
        nadir_report unused;
        (void)enter_new_processors(unused);
    }
}

} // namespace

nadir_u32 enter_new_processors(nadir_report& report) {
    const SessionLock held;
    Arrival arrival{running_session(), {}};
    if (arrival.session == nullptr) {
        return NADIR_OK;
    }
    for (nadir_u32 i = 0; processor_runs(i); ++i) {
        if (nadir_processor_active(arrival.session, i) != 0) {
            continue;
        }
        const nadir_u32 status = nadir_host_run_on(i, enter_here, &arrival);
        if (status != NADIR_OK) {
            if (arrival.report.status == NADIR_OK) { // it didn't run, so it wrote none
                host_report(arrival.report, NADIR_PROCESSOR_OFFLINE,
                            {"Windows counts a processor on which it lets no thread run, so Nadir is off again."});
                arrival.report.processor = i;
            }
            print_words(NADIR_LEVEL_ERROR,
                        "a processor came and can't be taken in, so Nadir is turned off: ", arrival.report.text);
            nadir_report stopped;
            if (const nadir_u32 failed = stop_locked(stopped); failed != NADIR_OK) {
                report = stopped;
                return failed;
            }
            report = arrival.report;
            return status;
        }
        nmi_learn(i);
        print(NADIR_LEVEL_INFO, "processor {d} came: in VMX non-root operation", {i});
    }
    return NADIR_OK;
}

bool processors_init() {
    registration = KeRegisterProcessorChangeCallback(processor_added, nullptr, 0);
    return registration != nullptr;
}

void processors_exit() { KeDeregisterProcessorChangeCallback(registration); }

} // namespace nadir::windows
