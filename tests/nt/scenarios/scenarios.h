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

} // namespace nadir::nt
