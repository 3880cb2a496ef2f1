// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The driver's entry, and what comes before it.
#pragma once

#include "hosts/windows/nt/nt.h"

// A function whose indirect calls control flow guard doesn't see. For calls in another convention than Windows': the compiler
// would hand over the target in a register that its dispatch doesn't look at. (GCC has no such guard.)
#ifdef __clang__
#define NADIR_UNGUARDED_CALLS __declspec(guard(nocf))
#else
#define NADIR_UNGUARDED_CALLS
#endif

namespace nadir::windows {

// driver.cpp: what is left for DriverEntry to do when the guard is up (guard.cpp).
NTSTATUS load(DRIVER_OBJECT& driver);

} // namespace nadir::windows
