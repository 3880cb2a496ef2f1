// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The kernel's debug output: WinDbg, DebugView.
#pragma once

#include "hosts/windows/nt/types.h"

inline constexpr ULONG DPFLTR_IHVDRIVER_ID = 77;
inline constexpr ULONG DPFLTR_ERROR_LEVEL = 0;
inline constexpr ULONG DPFLTR_WARNING_LEVEL = 1;
inline constexpr ULONG DPFLTR_TRACE_LEVEL = 2;
inline constexpr ULONG DPFLTR_INFO_LEVEL = 3;

extern "C" NTKERNELAPI ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, const char* Format, ...);
