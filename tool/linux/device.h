// SPDX-License-Identifier: MIT OR GPL-2.0-only
// /dev/nadir.
#pragma once

#include "tool/device.h"

#include <memory>

namespace nadir::tool {

// Throws Failure: not loaded, not permitted, busy.
std::unique_ptr<Device> open_linux_device();

} // namespace nadir::tool
