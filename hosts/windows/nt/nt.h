// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the driver needs to know of Windows' kernel: from the Windows Driver Kit where it is built with that (NADIR_WDK), else
// from declarations of our own, under the same names.
#pragma once

#ifdef NADIR_WDK
#include <ntifs.h>
#else
#include "hosts/windows/nt/callback.h"
#include "hosts/windows/nt/debug.h"
#include "hosts/windows/nt/io.h"
#include "hosts/windows/nt/memory.h"
#include "hosts/windows/nt/object.h"
#include "hosts/windows/nt/processor.h"
#include "hosts/windows/nt/status.h"
#include "hosts/windows/nt/types.h"
#include "hosts/windows/nt/wait.h"
#endif
