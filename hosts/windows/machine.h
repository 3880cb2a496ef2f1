// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What happens to the machine while Nadir is on: processors come, the system sleeps, the system dies. It is followed from the
// first start on until the driver goes, and not registered anew at each start: to unregister waits for callbacks in progress,
// and some of them stop Nadir. All passive and without the session's lock, which the callbacks take.
#pragma once

#include "control/control.h"

namespace nadir::windows {

void machine_init();

// Follows, if it isn't done already. Where the system refuses a part of it, or a processor that came meanwhile can't be taken
// in, Nadir is off again, and the report says why; if it can't be turned off, the report is that of the stop. Returns an enum
// nadir_status.
nadir_u32 follow_machine(nadir_report& report);
void follow_machine_no_more();

// processors.cpp
bool processors_init();
void processors_exit();
// Those that came while nobody followed, too. Where one can't be taken in, as above.
nadir_u32 enter_new_processors(nadir_report& report);

// power.cpp
bool power_init();
void power_exit();

// emergency.cpp
bool emergency_init();
void emergency_exit();

} // namespace nadir::windows
