// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the fake instructions share.
#pragma once

#include <string>

#include "tests/fakes/machine.h"

namespace nadir::cpu {

using fake::fault;
using fake::machine;

inline fake::State& state() { return machine->state(); }

inline void need_root_or_bare(const char* what) {
    if (machine->now().guest) {
        throw std::logic_error(std::string("the core executes this as a guest: ") + what);
    }
}

inline uint64_t capability(uint32_t msr) { return state().msr.contains(msr) ? state().msr[msr] : 0; }

} // namespace nadir::cpu
