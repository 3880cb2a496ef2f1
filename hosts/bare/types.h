// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Integers of the bare host: the same in its 32-bit and its 64-bit part, and without any header of the C++ library,
// which isn't installed for 32-bit code.
#pragma once

#include "control/control.h"

namespace nadir::bare {

using u8 = nadir_u8;
using u16 = nadir_u16;
using u32 = nadir_u32;
using u64 = nadir_u64;
using uptr = __UINTPTR_TYPE__;
using usize = __SIZE_TYPE__;

constexpr u64 page_size = 4096;
constexpr u64 large_page_size = 2ull << 20;

constexpr u64 round_up(u64 value, u64 unit) { return (value + unit - 1) & ~(unit - 1); }

constexpr u64 round_down(u64 value, u64 unit) { return value & ~(unit - 1); }

} // namespace nadir::bare
