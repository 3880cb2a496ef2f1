// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A page that somebody wants to hide or to watch: what everybody has there now. Root mode; the lock of the tables is held.
#pragma once

#include "arch/vmx/ept.h"
#include "control/control.h"
#include "core/vcpu.h"

namespace nadir::core {

// As a leaf of 4 KiB. NADIR_HOOK_NO_MEMORY, NADIR_HOOK_OURS, NADIR_HOOK_DEVICE: there is nothing of the kind.
nadir_status find_page(Vcpu& vcpu, uint64_t address, arch::EptLeaf& leaf);

} // namespace nadir::core
