// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

// A new handle of the driver's for this object.
Handle open_handle(void* object);
// A reference of the driver's, which it gives back by ObfDereferenceObject.
void note_reference(void* object);

} // namespace nadir::nt
