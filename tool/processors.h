// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The processors that a device knows.
#pragma once

#include "tool/device.h"

#include <string_view>
#include <vector>

namespace nadir::tool {

// "on", "off", "dead", "absent"
std::string_view state_name(nadir_u32 state);

// The statistics of each processor that exists, in the order of their numbers.
std::vector<nadir_statistics> present_processors(Device& device, const nadir_state& state);

} // namespace nadir::tool
