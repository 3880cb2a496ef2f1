// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Processors, their groups of up to 64, and who comes later.
#pragma once

#include "hosts/windows/nt/types.h"

inline constexpr USHORT ALL_PROCESSOR_GROUPS = 0xFFFF;

struct PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
};

struct GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
};
static_assert(sizeof(GROUP_AFFINITY) == 16);

enum KE_PROCESSOR_CHANGE_NOTIFY_STATE : LONG {
    KeProcessorAddStartNotify,
    KeProcessorAddCompleteNotify,
    KeProcessorAddFailureNotify
};

struct KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT {
    KE_PROCESSOR_CHANGE_NOTIFY_STATE State;
    ULONG NtNumber;
    NTSTATUS Status;
    PROCESSOR_NUMBER ProcNumber;
};

using PROCESSOR_CALLBACK_FUNCTION = void(PVOID CallbackContext, KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT* ChangeContext,
                                         NTSTATUS* OperationStatus);

extern "C" {
NTKERNELAPI ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber);
NTKERNELAPI ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber);
NTKERNELAPI NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PROCESSOR_NUMBER* ProcNumber);
NTKERNELAPI ULONG KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* ProcNumber);
NTKERNELAPI void KeSetSystemGroupAffinityThread(GROUP_AFFINITY* Affinity, GROUP_AFFINITY* PreviousAffinity);
NTKERNELAPI void KeRevertToUserGroupAffinityThread(GROUP_AFFINITY* PreviousAffinity);
NTKERNELAPI PVOID KeRegisterProcessorChangeCallback(PROCESSOR_CALLBACK_FUNCTION* CallbackFunction,
                                                    PVOID CallbackContext, ULONG Flags);
NTKERNELAPI void KeDeregisterProcessorChangeCallback(PVOID CallbackHandle);
}
