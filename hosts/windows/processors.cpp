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
        enter_new_processors();
    }
}

} // namespace

void enter_new_processors() {
    const SessionLock held;
    Arrival arrival{running_session(), {}};
    if (arrival.session == nullptr) {
        return;
    }
    for (nadir_u32 i = 0; processor_runs(i); ++i) {
        if (nadir_processor_active(arrival.session, i) != 0) {
            continue;
        }
        const nadir_u32 status = nadir_host_run_on(i, enter_here, &arrival);
        if (status != NADIR_OK) {
            print_words(NADIR_LEVEL_ERROR,
                        "a processor came and can't be taken in, so Nadir is turned off: ", arrival.report.text);
            (void)stop_locked(arrival.report);
            return;
        }
        nmi_learn(i);
        print(NADIR_LEVEL_INFO, "processor {d} came: in VMX non-root operation", {i});
    }
}

bool processors_init() {
    registration = KeRegisterProcessorChangeCallback(processor_added, nullptr, 0);
    return registration != nullptr;
}

void processors_exit() { KeDeregisterProcessorChangeCallback(registration); }

} // namespace nadir::windows
