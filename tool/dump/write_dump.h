// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Our own format, for people and programs: with the processor's capabilities in it, one file is enough to explain a VMCS.
#pragma once

#include "control/control.h"
#include "tool/dump/dump.h"

#include <ostream>

namespace nadir::tool {

void write_dump(std::ostream& out, const Dump& dump);

// What a running Nadir said. Throws Failure where it had none.
Dump dump_of(const nadir_vmcs& vmcs, const arch::Capabilities& capabilities);

} // namespace nadir::tool
