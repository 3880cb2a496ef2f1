// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What this Windows tells about hypervisors: by CPUID, by the kernel, by the service manager; no WMI, no registry.
#pragma once

#include "tool/windows/rivals.h"

namespace nadir::tool {

VirtualizationFacts look_for_virtualization();

} // namespace nadir::tool
