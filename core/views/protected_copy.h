// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A write to protected memory that is ignored: the instruction has a copy of the page, and all of it happens but the write. What it
// writes beside the protected bytes, on the same page, is carried over. Root mode; the lock of the tables is held.
#pragma once

#include "core/views/views.h"

namespace nadir::core {

// Where copy `number`, from 1, lies.
inline uint64_t copy_physical(const ViewUser& user, uint32_t number) {
    return user.copies_physical + (number - 1) * uint64_t{2} * 4096;
}

// This page, as it is now. False: there is no copy left, or the page itself has been written by this instruction.
bool begin_copy(Vcpu& vcpu, ViewUser& user, OpenPage& open);
void end_copy(Vcpu& vcpu, const ViewUser& user, const OpenPage& open);

} // namespace nadir::core
