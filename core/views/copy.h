// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The copy of a hidden page. Root mode.
#pragma once

#include "core/views/views.h"

namespace nadir::core {

// The copy gets what the page has now, but for the bytes under hooks, by stores of eight bytes: another processor that executes the
// copy meanwhile sees of each old or new, as of a processor's own store. The lock of the tables is held: so who refreshes
// last has seen what was written last.
void refresh_copy(Vcpu& vcpu, const HiddenPage& hidden);

} // namespace nadir::core
