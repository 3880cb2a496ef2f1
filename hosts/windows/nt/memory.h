// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The memory manager, and pool.
#pragma once

#include "hosts/windows/nt/types.h"

enum POOL_TYPE : LONG { NonPagedPoolNx = 512 };

inline constexpr ULONG PAGE_READWRITE = 4;
inline constexpr ULONG PAGE_NOCACHE = 0x200;

using NODE_REQUIREMENT = ULONG;
inline constexpr NODE_REQUIREMENT MM_ANY_NODE_OK = 0x80000000;

extern "C" {
NTKERNELAPI PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NTKERNELAPI void ExFreePoolWithTag(PVOID P, ULONG Tag);
NTKERNELAPI PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                 PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                 PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                                 NODE_REQUIREMENT PreferredNode);
NTKERNELAPI void MmFreeContiguousMemory(PVOID BaseAddress);
NTKERNELAPI PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
NTKERNELAPI void MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);
NTKERNELAPI PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress);
}
