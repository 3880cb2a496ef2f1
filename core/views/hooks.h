// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's side of hooks: on which processors which hypercall is made when (core/views/prepare.h).
#pragma once

#include "core/session.h"

namespace nadir::core {

// A processor that comes while there are hooks has them, too. On it, as a guest.
void continue_hooks(const nadir_session& session);

} // namespace nadir::core
