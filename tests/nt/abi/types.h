// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What crosses between this kernel and a driver that was compiled for 64-bit Windows: calling convention, numbers, texts.
#pragma once

#include <cstddef>

#include "hosts/bare/types.h"

namespace nadir::nt {

using bare::page_size;
using bare::round_down;
using bare::round_up;
using bare::u16;
using bare::u32;
using bare::u64;
using bare::u8;
using bare::usize;
using i32 = int;
using i64 = long long;

// Windows' calling convention.
#define NADIR_NT_ABI __attribute__((ms_abi))

using Status = u32;
namespace status {
constexpr Status success = 0;
constexpr Status timeout = 0x0000'0102;
constexpr Status pending = 0x0000'0103;
constexpr Status unsuccessful = 0xC000'0001;
constexpr Status info_length_mismatch = 0xC000'0004;
constexpr Status invalid_handle = 0xC000'0008;
constexpr Status invalid_parameter = 0xC000'000D;
constexpr Status invalid_device_request = 0xC000'0010;
constexpr Status access_denied = 0xC000'0022;
constexpr Status object_type_mismatch = 0xC000'0024;
constexpr Status object_name_not_found = 0xC000'0034;
constexpr Status object_name_collision = 0xC000'0035;
constexpr Status revision_mismatch = 0xC000'0059;
constexpr Status insufficient_resources = 0xC000'009A;
constexpr Status not_supported = 0xC000'00BB;
} // namespace status

constexpr bool succeeded(Status status) { return static_cast<i32>(status) >= 0; }
constexpr bool is_error(Status status) { return status >> 30 == 3; }

struct UnicodeString {
    u16 length; // in bytes
    u16 maximum_length;
    char16_t* buffer;
};
static_assert(sizeof(UnicodeString) == 16);

struct ListEntry {
    ListEntry* next;
    ListEntry* previous;
};

using Handle = u64;

// IRQLs as CR8 has them.
constexpr u32 passive_level = 0;
constexpr u32 apc_level = 1;
constexpr u32 dispatch_level = 2;
constexpr u32 clock_level = 13;
constexpr u32 ipi_level = 14;
constexpr u32 high_level = 15;

} // namespace nadir::nt
