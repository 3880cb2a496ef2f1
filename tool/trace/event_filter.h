// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From the words of the command line to a struct nadir_event_filter.
#pragma once

#include "control/control.h"

#include <string>
#include <vector>

namespace nadir::tool {

// `events`: names of events. `msrs`: names, numbers, or FIRST-LAST of either; none: all MSRs. Throws Failure that says which
// word is wrong, and what was perhaps meant.
nadir_event_filter event_filter(const std::vector<std::string>& events, const std::vector<std::string>& msrs);

} // namespace nadir::tool
