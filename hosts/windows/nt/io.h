// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The I/O manager: drivers, devices, requests. Layouts of 64-bit Windows, as far as a driver may know them.
#pragma once

#include "hosts/windows/nt/types.h"
#include "hosts/windows/nt/unicode_string.h"

using DEVICE_TYPE = ULONG;
inline constexpr DEVICE_TYPE FILE_DEVICE_UNKNOWN = 0x22;
inline constexpr ULONG FILE_DEVICE_SECURE_OPEN = 0x100;

inline constexpr UCHAR IRP_MJ_CREATE = 0x00;
inline constexpr UCHAR IRP_MJ_CLOSE = 0x02;
inline constexpr UCHAR IRP_MJ_DEVICE_CONTROL = 0x0E;
inline constexpr UCHAR IRP_MJ_SHUTDOWN = 0x10;
inline constexpr UCHAR IRP_MJ_CLEANUP = 0x12;
inline constexpr UCHAR IRP_MJ_MAXIMUM_FUNCTION = 0x1B;

inline constexpr CHAR IO_NO_INCREMENT = 0;

struct DRIVER_OBJECT;
struct DEVICE_OBJECT;
struct FILE_OBJECT;
struct IRP;

using DRIVER_INITIALIZE = NTSTATUS(DRIVER_OBJECT* DriverObject, UNICODE_STRING* RegistryPath);
using DRIVER_DISPATCH = NTSTATUS(DEVICE_OBJECT* DeviceObject, IRP* Irp);
using DRIVER_UNLOAD = void(DRIVER_OBJECT* DriverObject);

struct DRIVER_OBJECT {
    USHORT Type;
    USHORT Size;
    DEVICE_OBJECT* DeviceObject;
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection;
    PVOID DriverExtension;
    UNICODE_STRING DriverName;
    UNICODE_STRING* HardwareDatabase;
    PVOID FastIoDispatch;
    DRIVER_INITIALIZE* DriverInit;
    PVOID DriverStartIo;
    DRIVER_UNLOAD* DriverUnload;
    DRIVER_DISPATCH* MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
};
static_assert(offsetof(DRIVER_OBJECT, DriverUnload) == 0x68 && offsetof(DRIVER_OBJECT, MajorFunction) == 0x70);
static_assert(sizeof(DRIVER_OBJECT) == 0x150);

struct IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
};

struct IO_STACK_LOCATION {
    UCHAR MajorFunction;
    UCHAR MinorFunction;
    UCHAR Flags;
    UCHAR Control;
    union {
        struct {
            alignas(8) ULONG OutputBufferLength;
            alignas(8) ULONG InputBufferLength;
            alignas(8) ULONG IoControlCode;
            PVOID Type3InputBuffer;
        } DeviceIoControl;
    } Parameters;
    DEVICE_OBJECT* DeviceObject;
    FILE_OBJECT* FileObject;
    PVOID CompletionRoutine;
    PVOID Context;
};
static_assert(offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 0x18);
static_assert(sizeof(IO_STACK_LOCATION) == 0x48);

struct IRP {
    USHORT Type;
    USHORT Size;
    USHORT AllocationProcessorNumber;
    USHORT Reserved;
    PVOID MdlAddress;
    ULONG Flags;
    union {
        IRP* MasterIrp;
        LONG IrpCount;
        PVOID SystemBuffer;
    } AssociatedIrp;
    LIST_ENTRY ThreadListEntry;
    IO_STATUS_BLOCK IoStatus;
    KPROCESSOR_MODE RequestorMode;
    BOOLEAN PendingReturned;
    CHAR StackCount;
    CHAR CurrentLocation;
    BOOLEAN Cancel;
    KIRQL CancelIrql;
    CHAR ApcEnvironment;
    UCHAR AllocationFlags;
    IO_STATUS_BLOCK* UserIosb;
    PVOID UserEvent;
    PVOID Overlay[2];
    PVOID CancelRoutine;
    PVOID UserBuffer;
    union {
        struct {
            PVOID DriverContext[4];
            PVOID Thread;
            CHAR* AuxiliaryBuffer;
            LIST_ENTRY ListEntry;
            IO_STACK_LOCATION* CurrentStackLocation;
            FILE_OBJECT* OriginalFileObject;
        } Overlay;
    } Tail;
};
static_assert(offsetof(IRP, AssociatedIrp) == 0x18 && offsetof(IRP, IoStatus) == 0x30);
static_assert(offsetof(IRP, Tail.Overlay.CurrentStackLocation) == 0xB8);

inline IO_STACK_LOCATION* IoGetCurrentIrpStackLocation(IRP* Irp) { return Irp->Tail.Overlay.CurrentStackLocation; }

extern "C" {
NTKERNELAPI NTSTATUS IoCreateDevice(DRIVER_OBJECT* DriverObject, ULONG DeviceExtensionSize, UNICODE_STRING* DeviceName,
                                    DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    DEVICE_OBJECT** DeviceObject);
NTKERNELAPI void IoDeleteDevice(DEVICE_OBJECT* DeviceObject);
NTKERNELAPI NTSTATUS IoCreateSymbolicLink(UNICODE_STRING* SymbolicLinkName, UNICODE_STRING* DeviceName);
NTKERNELAPI NTSTATUS IoDeleteSymbolicLink(UNICODE_STRING* SymbolicLinkName);
NTKERNELAPI void IofCompleteRequest(IRP* Irp, CHAR PriorityBoost);
NTKERNELAPI NTSTATUS IoRegisterShutdownNotification(DEVICE_OBJECT* DeviceObject);
NTKERNELAPI void IoUnregisterShutdownNotification(DEVICE_OBJECT* DeviceObject);
}
inline void IoCompleteRequest(IRP* Irp, CHAR PriorityBoost) { IofCompleteRequest(Irp, PriorityBoost); }
