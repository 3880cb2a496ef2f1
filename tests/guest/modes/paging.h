// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Page tables that map the low 4 GiB to themselves, for every kind of paging.
#pragma once

#include "tests/guest/modes/machine.h"

namespace nadir::modes {

enum class Paging : u8 { two_levels, pae };

void paging_on(Paging paging);
void paging_off();

// For IA-32e paging; the caller switches it on.
u32 four_level_table();

} // namespace nadir::modes
