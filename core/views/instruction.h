// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The instruction that the guest is at. Root mode.
#pragma once

#include <cstdint>

#include "core/vcpu.h"

namespace nadir::core {

inline constexpr unsigned longest_instruction = 15;

uint64_t linear_rip();
// As many of its bytes as can be read.
unsigned read_instruction(const Vcpu& vcpu, uint8_t (&bytes)[longest_instruction]);

} // namespace nadir::core
