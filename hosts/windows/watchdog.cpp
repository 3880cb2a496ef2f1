// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode that doesn't come back from a VM exit takes its processor away without a word. This looks once per period whether
// that has happened somewhere (nadir_watch), and sends such a processor an NMI, whose handler in root mode says where it
// hangs and stops it. Windows itself notices after some seconds that a processor is gone, and stops with
// CLOCK_WATCHDOG_TIMEOUT, which knows nothing of the reason: so the period is short.
//
// Two threads take turns, on the first and on the last processor that runs: a thread that waits belongs to a processor's
// timers, and with it would be lost who had to notice. A look takes no lock at all.
#include "hosts/windows/affinity.h"
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"
#include "hosts/windows/nmi.h"
#include "hosts/windows/thread.h"

namespace nadir::windows {

namespace {

constexpr ULONG period = 2000; // milliseconds

struct Watcher {
    TurnThread thread;
    ULONG processor;
    ULONG first_look; // after so many periods
};

constinit Watcher watchers[] = {{{}, 0, 1}, {{}, 0, 2}};

// The next one that is overdue, from `first` on. Interrupts are off, and meanwhile nobody takes this processor out of VMX
// operation.
nadir_u32 find_overdue(nadir_u32 here, nadir_u32 first) {
    const InterruptsOff off;
    const nadir_session* session = running_session();
    return session != nullptr && nadir_processor_active(session, here) != 0 ? nadir_watch(session, first)
                                                                            : nadir_u32{NADIR_ANY_PROCESSOR};
}

void look(nadir_u32 here) {
    for (nadir_u32 found = find_overdue(here, 0); found != NADIR_ANY_PROCESSOR; found = find_overdue(here, found + 1)) {
        print(
            NADIR_LEVEL_ERROR,
            "processor {d} does not come back from root mode: it gets an NMI; `nadir log` and `nadir recorder` say more",
            {found});
        nmi_send(found);
    }
}

void watch(PVOID context) {
    auto& watcher = *static_cast<Watcher*>(context);
    {
        const OnProcessor there{watcher.processor};
        bool goes_on = watcher.thread.wait(watcher.first_look * period);
        while (goes_on) {
            look(watcher.processor);
            goes_on = watcher.thread.wait(2 * period);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

} // namespace

void watchdog_begin() {
    if (!nmi_init()) {
        print(NADIR_LEVEL_WARNING, "no memory to send NMIs: nobody looks for processors that hang in root mode");
        return;
    }
    watchers[0].processor = 0;
    watchers[1].processor = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) - 1;
    for (Watcher& watcher : watchers) {
        if (!watcher.thread.begin(watch, &watcher)) {
            print(NADIR_LEVEL_WARNING, "no memory to watch processor {d} for hangs in root mode", {watcher.processor});
        }
    }
}

void watchdog_cancel() {
    for (Watcher& watcher : watchers) {
        watcher.thread.cancel();
    }
}

void watchdog_end() {
    for (Watcher& watcher : watchers) {
        watcher.thread.end();
    }
    nmi_exit();
}

} // namespace nadir::windows
