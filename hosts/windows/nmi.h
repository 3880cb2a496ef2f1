// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An NMI for one processor, by the local APIC: Windows has no function for it that drivers may call. One that comes too late,
// when its processor is back in Windows, is taken from Windows, which would stop for it.
#pragma once

#include "control/types.h"

namespace nadir::windows {

// Learns how to reach each processor. False when there is no memory. Passive.
bool nmi_init();
void nmi_exit();

// With the session's lock held: a processor that came later. Nothing happens where nobody wants to send. Passive.
void nmi_learn(nadir_u32 processor);

// Any context at or below DISPATCH_LEVEL.
void nmi_send(nadir_u32 processor);

} // namespace nadir::windows
