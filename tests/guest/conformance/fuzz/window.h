// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The memory that sequences may use: a few pages at addresses of their own, each between pages that aren't there, so that
// what runs beyond an end faults. CPL 3 may use all of them.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::conformance::fuzz {

using namespace nadir::bare;

constexpr u64 window = 0x4000'0000;
constexpr u64 code_address = window + 1 * page_size; // two pages
constexpr u64 data_address = window + 4 * page_size; // two pages
constexpr u64 stack_address = window + 8 * page_size;
constexpr u64 read_only_address = window + 10 * page_size;
constexpr u64 missing_address = window + 12 * page_size;

constexpr u64 code_bytes = 2 * page_size;
constexpr u64 data_bytes = 2 * page_size;
constexpr u64 data_end = data_address + data_bytes;
constexpr u64 stack_top = stack_address + page_size - 256; // what lies above is there to be read by IRET and POP

// The first page of code once more, at the last address below 4 GiB; the second one at 0 while `wrapping`.
constexpr u64 wrap_address = 0xFFFF'F000;

constexpr u8 filler = 0xCC; // INT3 wherever no code is

// On all processors before their first sequence. False: no memory.
bool prepare_window();
void set_wrapping(bool wrapping);

// Puts code there and takes it away again; `offset` counts from code_address.
void put_code(u32 offset, const u8* bytes, u32 length);
void remove_code(u32 offset, u32 length);

// Data and stack as every sequence finds them.
void clear_data();

} // namespace nadir::conformance::fuzz
