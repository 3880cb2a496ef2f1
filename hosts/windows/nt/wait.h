// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What threads wait for, and system threads.
#pragma once

#include "hosts/windows/nt/object.h"
#include "hosts/windows/nt/types.h"

// Their insides are the kernel's; the sizes are part of its interface.
struct alignas(8) KEVENT {
    UCHAR Opaque[0x18];
};
struct alignas(8) KMUTEX {
    UCHAR Opaque[0x38];
};

enum EVENT_TYPE : LONG { NotificationEvent, SynchronizationEvent };
enum KWAIT_REASON : LONG { Executive };

struct CLIENT_ID;
using KSTART_ROUTINE = void(PVOID StartContext);

extern "C" {
NTKERNELAPI void KeInitializeEvent(KEVENT* Event, EVENT_TYPE Type, BOOLEAN State);
NTKERNELAPI LONG KeSetEvent(KEVENT* Event, LONG Increment, BOOLEAN Wait);
NTKERNELAPI void KeInitializeMutex(KMUTEX* Mutex, ULONG Level);
NTKERNELAPI LONG KeReleaseMutex(KMUTEX* Mutex, BOOLEAN Wait);
NTKERNELAPI NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                           BOOLEAN Alertable, LARGE_INTEGER* Timeout);
NTKERNELAPI NTSTATUS PsCreateSystemThread(HANDLE* ThreadHandle, ULONG DesiredAccess,
                                          OBJECT_ATTRIBUTES* ObjectAttributes, HANDLE ProcessHandle,
                                          CLIENT_ID* ClientId, KSTART_ROUTINE* StartRoutine, PVOID StartContext);
NTKERNELAPI NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);
}
