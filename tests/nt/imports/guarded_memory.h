// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Memory of this kernel's that a driver sees for a while, such as a request: as with pool, what runs over its end or comes
// after its end faults.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

void* take_guarded(u64 bytes);
void give_guarded(void* memory, u64 bytes);

} // namespace nadir::nt
