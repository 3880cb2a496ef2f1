// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

// What \Callback\PowerState tells.
void notify_power(u64 argument1, u64 argument2);

// A callback that was under way when the driver takes it back: `what` happens before the next ExUnregisterCallback, which
// waits for it. Once; nullptr: nothing does.
void before_callbacks_end(void (*what)());

// In an NMI, at HIGH_LEVEL. Whether one of them takes it for its own.
bool call_nmi_callbacks();

// As when the system dies: the caller has raised the IRQL to HIGH_LEVEL and stopped the others. How many there were.
u32 call_bug_check_callbacks();

} // namespace nadir::nt
