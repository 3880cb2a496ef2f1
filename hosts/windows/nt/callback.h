// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Callback objects, of which \Callback\PowerState is one, and what is called when the system dies.
#pragma once

#include "hosts/windows/nt/object.h"
#include "hosts/windows/nt/types.h"

struct CALLBACK_OBJECT;
using CALLBACK_FUNCTION = void(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);

// \Callback\PowerState: the first argument; with it, the second is 0 before the system leaves S0 and 1 when it is back.
inline constexpr ULONG_PTR PO_CB_SYSTEM_STATE_LOCK = 3;

enum KBUGCHECK_CALLBACK_REASON : LONG {
    KbCallbackInvalid,
    KbCallbackReserved1,
    KbCallbackSecondaryDumpData,
    KbCallbackDumpIo,
    KbCallbackAddPages
};

struct KBUGCHECK_REASON_CALLBACK_RECORD;
using KBUGCHECK_REASON_CALLBACK_ROUTINE = void(KBUGCHECK_CALLBACK_REASON Reason,
                                               KBUGCHECK_REASON_CALLBACK_RECORD* Record, PVOID ReasonSpecificData,
                                               ULONG ReasonSpecificDataLength);

struct KBUGCHECK_REASON_CALLBACK_RECORD {
    LIST_ENTRY Entry;
    KBUGCHECK_REASON_CALLBACK_ROUTINE* CallbackRoutine;
    UCHAR* Component;
    ULONG_PTR Checksum;
    KBUGCHECK_CALLBACK_REASON Reason;
    UCHAR State; // 0 before it is registered
};
static_assert(sizeof(KBUGCHECK_REASON_CALLBACK_RECORD) == 0x30);

// What a routine for KbCallbackSecondaryDumpData is given, and gives.
struct KBUGCHECK_SECONDARY_DUMP_DATA {
    PVOID InBuffer;
    ULONG InBufferLength;
    ULONG MaximumAllowed;
    UCHAR Guid[16];
    PVOID OutBuffer;
    ULONG OutBufferLength;
};
static_assert(offsetof(KBUGCHECK_SECONDARY_DUMP_DATA, OutBuffer) == 0x20);

using NMI_CALLBACK = BOOLEAN(PVOID Context, BOOLEAN Handled);

extern "C" {
NTKERNELAPI NTSTATUS ExCreateCallback(CALLBACK_OBJECT** CallbackObject, OBJECT_ATTRIBUTES* ObjectAttributes,
                                      BOOLEAN Create, BOOLEAN AllowMultipleCallbacks);
NTKERNELAPI PVOID ExRegisterCallback(CALLBACK_OBJECT* CallbackObject, CALLBACK_FUNCTION* CallbackFunction,
                                     PVOID CallbackContext);
NTKERNELAPI void ExUnregisterCallback(PVOID CallbackRegistration);
NTKERNELAPI PVOID KeRegisterNmiCallback(NMI_CALLBACK* CallbackRoutine, PVOID Context);
NTKERNELAPI NTSTATUS KeDeregisterNmiCallback(PVOID Handle);
NTKERNELAPI BOOLEAN KeRegisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* CallbackRecord,
                                                     KBUGCHECK_REASON_CALLBACK_ROUTINE* CallbackRoutine,
                                                     KBUGCHECK_CALLBACK_REASON Reason, UCHAR* Component);
NTKERNELAPI BOOLEAN KeDeregisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* CallbackRecord);
[[noreturn]] NTKERNELAPI void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                                           ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                                           ULONG_PTR BugCheckParameter4);
}
