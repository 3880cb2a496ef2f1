// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Looking at the processor without touching it. CPL 0, any context.
#pragma once

#include "arch/capabilities.h"

namespace nadir::core {

arch::Capabilities read_processor_capabilities();

// Do two processors say the same of themselves, but for what no rule of check/support.h judges?
bool say_the_same(const arch::Capabilities& a, const arch::Capabilities& b);

} // namespace nadir::core
