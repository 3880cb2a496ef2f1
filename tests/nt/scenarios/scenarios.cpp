// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/scenarios/scenarios.h"

#include "hosts/bare/machine/text.h"

namespace nadir::nt {

namespace {

constexpr Scenario all[] = {
    {"load", "loads and unloads the driver, `rounds=N` times", run_load},
    {"onoff", "turns Nadir on and off `rounds=N` times and compares the processors before, during and after",
     run_onoff},
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
