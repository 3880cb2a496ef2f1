// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "hosts/bare/machine/faults.h"

namespace nadir::nt {

// The first look at every interrupt and exception; see bare::take_interrupts.
bool handle(bare::InterruptFrame& frame);

} // namespace nadir::nt
