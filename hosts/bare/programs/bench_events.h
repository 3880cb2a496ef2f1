// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/options.h"

namespace nadir::bare {

// Prints, as a line of JSON, what an event of each kind adds to its instruction; and how long a guest's loop of many of
// them takes while all are watched, in hundredths of what it takes while none is.
const char* measure_events(const Options& options);

} // namespace nadir::bare
