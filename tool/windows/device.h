// SPDX-License-Identifier: MIT OR GPL-2.0-only
// \\.\Nadir
#pragma once

#include "tool/device.h"

#include <memory>

namespace nadir::tool {

// Throws Failure: not loaded, not permitted.
std::unique_ptr<Device> open_windows_device();

} // namespace nadir::tool
