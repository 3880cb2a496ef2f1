// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The general registers with an event (struct nadir_event_registers). Root mode.
#pragma once

#include "core/vcpu.h"

namespace nadir::core {

// Behind the place of the next event, while they are what they were before the instruction: so nothing has to keep them.
void put_registers(Vcpu& vcpu);

} // namespace nadir::core
