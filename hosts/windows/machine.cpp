// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/machine.h"

#include "hosts/windows/host.h"

namespace nadir::windows {

namespace {

struct Part {
    const char* what;
    bool (*init)();
    void (*exit)();
    bool followed;
};

constinit Part parts[] = {
    {"processors that are added", processors_init, processors_exit, false},
    {"sleep", power_init, power_exit, false},
    {"bug checks", emergency_init, emergency_exit, false},
};

constinit KMUTEX lock{};

} // namespace

void machine_init() { KeInitializeMutex(&lock, 0); }

nadir_u32 follow_machine(nadir_report& report) {
    const char* refused = nullptr;
    KeWaitForSingleObject(&lock, Executive, KernelMode, FALSE, nullptr);
    for (Part& part : parts) {
        if (!part.followed && refused == nullptr) {
            part.followed = part.init();
            refused = part.followed ? nullptr : part.what;
        }
    }
    KeReleaseMutex(&lock, FALSE);
    if (refused == nullptr) {
        return enter_new_processors(report);
    }
    nadir_report stopped;
    const nadir_u32 status = stop(stopped);
    if (status != NADIR_OK && status != NADIR_ALREADY_OFF) {
        report = stopped;
        return status;
    }
    return host_report(report, NADIR_NO_MEMORY,
                       {"Windows refused to tell Nadir of ", refused, ", so it is off again."});
}

void follow_machine_no_more() {
    for (Part& part : parts) {
        if (part.followed) {
            part.exit();
            part.followed = false;
        }
    }
}

} // namespace nadir::windows
