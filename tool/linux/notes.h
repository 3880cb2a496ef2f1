// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What this Linux says of itself.
#pragma once

#include "tool/machine_notes.h"

namespace nadir::tool {

MachineNotes linux_notes();

} // namespace nadir::tool
