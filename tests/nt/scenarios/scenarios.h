// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What can be done to a driver: test=NAME chooses one.
#pragma once

#include <span>

#include "tests/nt/kernel/options.h"

namespace nadir::nt {

struct Scenario {
    const char* name;
    const char* what;
    const char* (*run)(const Options& options); // nullptr, or why it failed
};

std::span<const Scenario> scenarios();
const Scenario* find_scenario(const char* name);

const char* run_load(const Options& options);
const char* run_onoff(const Options& options);
const char* run_work(const Options& options);
const char* run_requests(const Options& options);
const char* run_bad(const Options& options);
const char* run_security(const Options& options);
const char* run_refusal(const Options& options);
const char* run_unload(const Options& options);
const char* run_close(const Options& options);
const char* run_hotadd(const Options& options);
const char* run_power(const Options& options);
const char* run_wake(const Options& options);
const char* run_shutdown(const Options& options);
const char* run_bugcheck(const Options& options);
const char* run_lost(const Options& options);
const char* run_hang(const Options& options);
const char* run_steps(const Options& options);
const char* run_calls(const Options& options);
const char* run_entry(const Options& options);
const char* run_second(const Options& options);

} // namespace nadir::nt
