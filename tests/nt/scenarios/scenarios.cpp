// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/scenarios/scenarios.h"

#include "hosts/bare/machine/text.h"

namespace nadir::nt {

namespace {

constexpr Scenario all[] = {
    {"load", "loads and unloads the driver, `rounds=N` times", run_load},
    {"onoff", "turns Nadir on and off `rounds=N` times and compares the processors before, during and after",
     run_onoff},
    {"work", "threads work on all processors while Nadir is turned on and off `rounds=N` times", run_work},
    {"requests", "each question, off and on", run_requests},
    {"bad", "wrong and hostile requests", run_bad},
    {"security", "who may open the device", run_security},
    {"refusal", "for a processor without VMX: turning on is refused in words", run_refusal},
    {"unload", "the driver is unloaded while Nadir is on", run_unload},
    {"close", "a handle is closed in mid-request", run_close},
    {"hotadd", "`held=N` processors are added while Nadir is on", run_hotadd},
    {"power", "sleep and resume, `rounds=N` times", run_power},
    {"wake", "the system wakes while the driver is unloaded", run_wake},
    {"shutdown", "the shutdown notification while Nadir is on", run_shutdown},
    {"bugcheck", "the bug check callback while Nadir is on", run_bugcheck},
    {"lost", "root mode loses a processor by a fault", run_lost},
    {"hang", "root mode loses a processor by an endless loop, which a watchdog has to find", run_hang},
    {"steps", "each step of a start (or `step=N`) fails on each processor", run_steps},
    {"calls", "each call into Windows that may fail does while Nadir is turned on", run_calls},
    {"entry", "each call into Windows that may fail does in DriverEntry", run_entry},
    {"second", "the device's name is taken", run_second},
};

} // namespace

std::span<const Scenario> scenarios() { return all; }

const Scenario* find_scenario(const char* name) {
    for (const Scenario& each : all)
        if (bare::same_text(each.name, name))
            return &each;
    return nullptr;
}

} // namespace nadir::nt
