// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "control/control.h"
#ifdef NADIR_WDK
#include "hosts/windows/nt/nt.h"
#else
#include "hosts/windows/nt/status.h" // alone: it serves without Windows, too (tests/unit)
#endif

namespace nadir::windows {

// An NTSTATUS that resembles the status (enum nadir_status), for callers that see only that.
NTSTATUS resembling(nadir_u32 status);

} // namespace nadir::windows
