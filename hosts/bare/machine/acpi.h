// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The one thing wanted from ACPI: which processors there are (MADT).
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// Fills in the APIC numbers of all enabled processors and returns how many; 0 when the machine has no MADT.
u32 read_madt(u32* apic_ids, u32 capacity);

} // namespace nadir::bare
