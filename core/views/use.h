// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which tables a processor walks: those of all, or of hidden pages (core/views/views.h), or of a guard (core/views/guard.h), or of
// both. Root mode.
#pragma once

#include "core/views/views.h"

namespace nadir::core {

// A processor that had the tables of all gets a place for views, empty at first.
void begin_view_user(Vcpu& vcpu);
// What it has of hooks and guard decides between which tables it changes.
void choose_views(Vcpu& vcpu);
// With neither of them it has the tables of all again.
void end_view_user(Vcpu& vcpu);

// The EPTP is that of this processor's view, or that of all where it is in none.
void use_view(Vcpu& vcpu);

// Somebody stands on the views of the hooks, or doesn't any more. The last one takes the hooks with it.
void count_view_user(Views& views, bool comes);

} // namespace nadir::core
