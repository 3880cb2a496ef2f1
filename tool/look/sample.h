// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the counters of a running Nadir are at one moment.
#pragma once

#include "tool/device.h"
#include "tool/hook/place_names.h"
#include "tool/system.h"

#include <vector>

namespace nadir::tool {

struct Sample {
    ClockReading when;
    nadir_state state{};
    std::vector<nadir_statistics> processors; // those that exist, in the order of their numbers
    std::vector<nadir_listed_rule> rules;
    std::vector<nadir_listed_hook> hooks; // everybody's
    Places places;                        // names of where the hooks are, as far as somebody has found them
};

Sample take_sample(System& system, Device& device);

} // namespace nadir::tool
