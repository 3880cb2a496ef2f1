// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The system sleeps and wakes (test=power), also in the midst of the driver's unloading (test=wake).
#include "tests/nt/abi/objects.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/imports/devices.h"
#include "tests/nt/imports/executive.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/comparison.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

void fall_asleep() { notify_power(power_state_lock, 0); }
void wake_up() { notify_power(power_state_lock, 1); }

// By another thread, as the power manager has its own. The memory of the last run is still held, so a start shows as more of it.
void wake_up_in_unload() {
    const u32 held = all_holdings();
    join(*create_thread(
        "power manager", [](void*) { wake_up(); }, nullptr, true));
    if (all_holdings() > held)
        violation(rule::leak, 0, "a wake while the driver is unloaded turns Nadir on: it holds %u things more",
                  all_holdings() - held);
}

} // namespace

const char* run_power(const Options& options) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    must_turn_on(file);
    for (u32 i = 0; i < options.rounds; ++i) {
        fall_asleep();
        require_off(file);
        require_same_machine("asleep");
        if (const u32 status = turn_on(file, plain_options).status; status == NADIR_OK)
            violation(rule::request, 0, "it can be turned on while the system goes to sleep");
        fall_asleep(); // once more: what wakes is still what was on at first
        wake_up();
        require_on(file);
    }
    // It wanted to shut down, and slept.
    if (!send_shutdown(file->device))
        violation(rule::request, 0, "the driver doesn't want to know of a shutdown");
    fall_asleep();
    wake_up();
    require_on(file);
    // A wake at which it can't be turned on leaves it off, and nothing in the way of the next start.
    fall_asleep();
    fail_import(1);
    wake_up();
    fail_import(0);
    require_off(file);
    must_turn_on(file);
    must_turn_off(file);
    // What was off before stays off.
    fall_asleep();
    wake_up();
    require_off(file);
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_wake(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    must_turn_on(file);
    fall_asleep();
    require_off(file);
    close_device(file);
    before_callbacks_end(wake_up_in_unload);
    unload_driver();
    return nullptr;
}

} // namespace nadir::nt
