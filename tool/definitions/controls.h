// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which controls each VMX capability MSR is about.
#pragma once

#include "arch/registry.h"

#include <span>

namespace nadir::tool {

// The fields of the VMCS's control vector whose allowed settings this MSR reports; empty for any other definition, and
// for those whose bits are the controls themselves (492H and 493H).
std::span<const arch::Field> controls_of(const arch::Definition& definition);

} // namespace nadir::tool
