// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Who may open the device: the system itself, and administrators.
#pragma once

#include "hosts/windows/nt/nt.h"

namespace nadir::windows {

// Gives an object of the kernel (our device) a discretionary access-control list with these two. Passive.
NTSTATUS restrict_to_administrators(void* object);

} // namespace nadir::windows
