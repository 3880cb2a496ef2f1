// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The object manager: names, handles, references.
#pragma once

#include "hosts/windows/nt/types.h"
#include "hosts/windows/nt/unicode_string.h"

struct OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    UNICODE_STRING* ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
};
static_assert(sizeof(OBJECT_ATTRIBUTES) == 0x30);

inline constexpr ULONG OBJ_CASE_INSENSITIVE = 0x40;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x200;

inline constexpr ACCESS_MASK WRITE_DAC = 0x00040000;
inline constexpr ACCESS_MASK SYNCHRONIZE = 0x00100000;
inline constexpr ACCESS_MASK THREAD_ALL_ACCESS = 0x001FFFFF;

using SECURITY_INFORMATION = ULONG;
inline constexpr SECURITY_INFORMATION DACL_SECURITY_INFORMATION = 4;

struct OBJECT_TYPE;
struct ACCESS_STATE;
struct OBJECT_HANDLE_INFORMATION;

extern "C" {
NTKERNELAPI NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, ACCESS_STATE* PassedAccessState,
                                           ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                           KPROCESSOR_MODE AccessMode, HANDLE* Handle);
NTKERNELAPI NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                               KPROCESSOR_MODE AccessMode, PVOID* Object,
                                               OBJECT_HANDLE_INFORMATION* HandleInformation);
NTKERNELAPI LONGLONG ObfReferenceObject(PVOID Object);
NTKERNELAPI LONGLONG ObfDereferenceObject(PVOID Object);
NTKERNELAPI NTSTATUS ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                         PVOID SecurityDescriptor);
NTKERNELAPI NTSTATUS ZwClose(HANDLE Handle);
}
