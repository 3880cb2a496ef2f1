// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The driver's life: from its file to DriverEntry, and to its unload.
#pragma once

#include "tests/nt/abi/io.h"

namespace nadir::nt {

// The bytes of nadir.sys, which the boot loader has put somewhere.
void set_driver_file(u64 physical, u64 bytes);

// Loads it and calls DriverEntry. When that fails nothing of the driver's may be left, and its image goes away again.
Status load_driver();
// DriverUnload, after which nothing may be left.
void unload_driver();
// DriverUnload of a driver that can't go: it must keep a reference to its driver object, which keeps the image.
void unload_driver_that_stays();

} // namespace nadir::nt
