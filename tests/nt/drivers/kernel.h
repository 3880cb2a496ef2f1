/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The little of Windows' kernel that the drivers of this folder use, to try the test kernel itself. */
#pragma once

typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef int NTSTATUS;
typedef unsigned long long ULONG64;
typedef void* PVOID;

typedef struct {
    USHORT Length, MaximumLength;
    const USHORT* Buffer;
} UNICODE_STRING;

typedef struct DEVICE_OBJECT DEVICE_OBJECT;
typedef struct {
    UCHAR Head[0x30];
    NTSTATUS Status;
    ULONG64 Information;
    UCHAR Rest[0xD0 - 0x40];
} IRP;

typedef struct DRIVER_OBJECT {
    UCHAR Head[0x68];
    void (*DriverUnload)(struct DRIVER_OBJECT*);
    NTSTATUS (*MajorFunction[28])(DEVICE_OBJECT*, IRP*);
} DRIVER_OBJECT;

typedef struct {
    ULONG64 Mask;
    USHORT Group, Reserved[3];
} GROUP_AFFINITY;

#define IMPORT __declspec(dllimport)
IMPORT ULONG DbgPrintEx(ULONG, ULONG, const char*, ...);
IMPORT PVOID ExAllocatePoolWithTag(int, ULONG64, ULONG);
IMPORT void ExFreePoolWithTag(PVOID, ULONG);
IMPORT NTSTATUS IoCreateDevice(DRIVER_OBJECT*, ULONG, const UNICODE_STRING*, ULONG, ULONG, UCHAR, DEVICE_OBJECT**);
IMPORT void IoDeleteDevice(DEVICE_OBJECT*);
IMPORT void IofCompleteRequest(IRP*, char);
IMPORT void KeSetSystemGroupAffinityThread(GROUP_AFFINITY*, GROUP_AFFINITY*);
IMPORT void KeRevertToUserGroupAffinityThread(GROUP_AFFINITY*);
IMPORT void NoSuchExport(void);

static inline void set_irql(ULONG64 level) { __asm__ volatile("mov %0, %%cr8" : : "r"(level) : "memory"); }

#define INIT __declspec(code_seg("INIT"))
#define PAGE __declspec(code_seg("PAGE"))
#define TAG 0x7473654Eu /* "Nest" */
