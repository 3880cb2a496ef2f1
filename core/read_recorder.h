// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The flight recorder for who asks from the host, and what remains of it after the run.
#pragma once

#include "core/session.h"

namespace nadir::core {

// Copies the last exits of a processor that has left into the session.
void keep_exits(nadir_session::Processor& record, const Vcpu& vcpu);

} // namespace nadir::core
