// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The target description: which registers there are, in XML, as GDB asks for it at the beginning, piece by piece.
// [Debugging with GDB, "Target Descriptions"]
#pragma once

#include <cstdint>

#include "base/format.h"

namespace nadir::core::gdb {

// Writes `length` characters from `offset` on, or what there is of them. The number of characters of the whole.
uint64_t put_description(base::Writer& out, uint64_t offset, uint64_t length);

} // namespace nadir::core::gdb
