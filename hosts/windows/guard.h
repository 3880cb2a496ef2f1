// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The driver's entry, and what comes before it.
#pragma once

#include "hosts/windows/nt/nt.h"

namespace nadir::windows {

// driver.cpp: what is left for DriverEntry to do when the guard is up (guard.cpp).
NTSTATUS load(DRIVER_OBJECT& driver);

} // namespace nadir::windows
