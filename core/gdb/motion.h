// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Who runs, who steps and who stands still when the machine goes on.
#pragma once

#include "core/gdb/hex.h"
#include "core/gdb/session.h"

namespace nadir::core::gdb {

// Behind "vCont;": actions, each for one thread or for all that none before it was for. Processors that none is for stand still.
// False: it wasn't understood, and nobody moves.
bool parse_motions(Session& session, const Vmm& vmm, Words words);

// `motion` is for one processor, and the others run.
void set_motions(Session& session, const Vmm& vmm, Motion motion, uint32_t processor);

} // namespace nadir::core::gdb
