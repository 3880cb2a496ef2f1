// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Windows' names for integers and the small structures that every part of its kernel uses.
#pragma once

#include <cstddef>
#include <cstdint>

// Some C headers do that for compilers that they don't know; calling conventions and sections would be lost without a word.
#ifdef __attribute__
#error "a header has defined __attribute__ away"
#endif

using CHAR = char;
using UCHAR = unsigned char;
using BOOLEAN = unsigned char;
using USHORT = unsigned short;
using LONG = int32_t; // 32 bits here as there
using ULONG = uint32_t;
using LONGLONG = int64_t;
using ULONG64 = uint64_t;
using SIZE_T = uint64_t;
using ULONG_PTR = uint64_t;
using PVOID = void*;
using HANDLE = void*;
using NTSTATUS = LONG;
using ACCESS_MASK = ULONG;
using KIRQL = UCHAR;
using KAFFINITY = ULONG_PTR;
using KPROCESSOR_MODE = CHAR;

inline constexpr BOOLEAN FALSE = 0;
inline constexpr BOOLEAN TRUE = 1;

enum MODE : CHAR { KernelMode, UserMode };

// The interrupt request levels that a driver of ours meets.
inline constexpr KIRQL PASSIVE_LEVEL = 0;
inline constexpr KIRQL DISPATCH_LEVEL = 2;

union LARGE_INTEGER {
    LONGLONG QuadPart;
};
using PHYSICAL_ADDRESS = LARGE_INTEGER;

struct LIST_ENTRY {
    LIST_ENTRY* Flink;
    LIST_ENTRY* Blink;
};

// What ntoskrnl.exe exports is called through the import table at once, without a thunk.
#define NTKERNELAPI __declspec(dllimport)
