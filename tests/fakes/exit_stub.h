// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/exit.S between a VM exit and what follows it.
#pragma once

#include <cstdint>

#include "core/vcpu.h"

namespace nadir::fake {

// The guest's registers are in vcpu.registers. 0: VMRESUME, 1: VMX operation is to be left. As in the real one the registers
// that a C++ function gives back are in their places only for the handlers that ask for all: until then the places hold
// something else, and throws std::logic_error when a handler changes it.
uint32_t exit_stub(core::Vcpu& vcpu);
// On a processor with a plan or hidden pages: all registers are saved at once.
uint32_t watched_exit_stub(core::Vcpu& vcpu);

} // namespace nadir::fake
