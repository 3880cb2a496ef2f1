// SPDX-License-Identifier: MIT OR GPL-2.0-only
// EPT violations of a processor that is in a view. Root mode.
#pragma once

#include "core/exits/outcome.h"
#include "core/vcpu.h"

namespace nadir::core {

// Any but those of core/views/switch.h, which are answered here, too, in the midst of something else.
Outcome view_violation(Vcpu& vcpu);

} // namespace nadir::core
