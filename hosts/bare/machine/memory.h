// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The memory that the entry set aside for us at the top of RAM, given out in pages.
#pragma once

#include "hosts/bare/handover.h"

namespace nadir::bare {

void use_memory(const Handover& handover);

// Zeroed, page-aligned, physically contiguous, and mapped where it lies (identity). nullptr: there is none.
void* allocate(u64 bytes);
// The same with whatever it holds.
void* allocate_uncleared(u64 bytes);
void release(void* memory, u64 bytes);
u64 bytes_in_use();

// Memory that was not given out yet is no longer zeroed. For tests.
void soil_free_memory();

// From here on only so many further pages can be had; ~0: no limit. For tests.
void limit_memory(u64 pages);

// Physical address of a byte of the image or of the identity map.
u64 physical_address(const void* address);

// Lets instructions be fetched from the 2 MiB around this address of the identity map.
void make_executable(u64 address);
// Lets CPL 3 use them, or no longer.
void allow_user(u64 address, bool allowed);

} // namespace nadir::bare
