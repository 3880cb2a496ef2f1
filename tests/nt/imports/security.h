// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Who may open a device: the DACL that the driver has set, evaluated as Windows does for users that a test invents.
#pragma once

#include "tests/nt/abi/io.h"

namespace nadir::nt {

// Copies it; a descriptor that Windows would refuse ends the run.
void set_dacl(DeviceObject& device, const void* descriptor);

enum class User : u32 { system, administrator, ordinary, guest };
constexpr const char* user_names[] = {"SYSTEM", "an administrator", "an ordinary user", "a guest"};

// For reading and writing. A device without a DACL is open to everybody.
bool may_open(const DeviceObject& device, User user);

} // namespace nadir::nt
