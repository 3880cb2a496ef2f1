/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The requests of \\.\Nadir: control/control.h as I/O control codes. The driver and the `nadir` command include this file.
 *
 * A request's input buffer and its output buffer are both the whole structure (DeviceIoControl takes the same pointer
 * twice). A request that was understood succeeds (STATUS_SUCCESS) and gives the structure back, also when what it asked
 * for did not work, provided that the structure has a report: the report has the status and the words. For a failing
 * status the I/O manager would not hand the structure back. Every other failure is a status alone:
 *
 *   STATUS_ACCESS_DENIED           from the open: the caller is no administrator; from a request: the handle was opened
 *                                  without FILE_READ_DATA and FILE_WRITE_DATA          (ERROR_ACCESS_DENIED)
 *   STATUS_INVALID_DEVICE_REQUEST  no such function, or another method or access       (ERROR_INVALID_FUNCTION)
 *   STATUS_INFO_LENGTH_MISMATCH    a buffer's length or the header's size is not that of this version's structure
 *                                                                                      (ERROR_BAD_LENGTH)
 *   STATUS_REVISION_MISMATCH       the header has another NADIR_CONTROL_VERSION        (ERROR_REVISION_MISMATCH)
 *   as hosts/windows/status.cpp    a request without a report did not work: STATUS_INVALID_PARAMETER for a processor that
 *                                  the machine doesn't have                            (ERROR_INVALID_PARAMETER)
 */
#pragma once

#include "control/control.h"

/* As a driver names it, as the object manager shows it to Win32, as a program opens it. */
#define NADIR_DEVICE_OBJECT L"\\Device\\Nadir"
#define NADIR_DEVICE_LINK L"\\DosDevices\\Nadir"
#define NADIR_DEVICE_PATH L"\\\\.\\Nadir"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + function, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA): bits 31:16 are the
 * type of the device, 15:14 the access, 13:2 the function (those of others than Microsoft begin at 0x800), 1:0 the method. */
#define NADIR_IOCTL_FIRST_FUNCTION 0x800u
#define NADIR_IOCTL(function) (0x22u << 16 | 3u << 14 | (NADIR_IOCTL_FIRST_FUNCTION + (function)) << 2)

#define NADIR_IOCTL_ON NADIR_IOCTL(NADIR_FUNCTION_ON)
#define NADIR_IOCTL_OFF NADIR_IOCTL(NADIR_FUNCTION_OFF)
#define NADIR_IOCTL_STATE NADIR_IOCTL(NADIR_FUNCTION_STATE)
#define NADIR_IOCTL_STATISTICS NADIR_IOCTL(NADIR_FUNCTION_STATISTICS)
#define NADIR_IOCTL_LOG NADIR_IOCTL(NADIR_FUNCTION_LOG)
#define NADIR_IOCTL_CAPABILITIES NADIR_IOCTL(NADIR_FUNCTION_CAPABILITIES)
#define NADIR_IOCTL_VMCS NADIR_IOCTL(NADIR_FUNCTION_VMCS)
#define NADIR_IOCTL_RECORDER NADIR_IOCTL(NADIR_FUNCTION_RECORDER)
#define NADIR_IOCTL_EXTENSION NADIR_IOCTL(NADIR_FUNCTION_EXTENSION)
#define NADIR_IOCTL_EVENTS_BEGIN NADIR_IOCTL(NADIR_FUNCTION_EVENTS_BEGIN)
#define NADIR_IOCTL_EVENTS_READ NADIR_IOCTL(NADIR_FUNCTION_EVENTS_READ)
#define NADIR_IOCTL_EVENTS_END NADIR_IOCTL(NADIR_FUNCTION_EVENTS_END)
#define NADIR_IOCTL_RULES NADIR_IOCTL(NADIR_FUNCTION_RULES)
#define NADIR_IOCTL_HOOKS_SET NADIR_IOCTL(NADIR_FUNCTION_HOOKS_SET)
#define NADIR_IOCTL_HOOKS_CLEAR NADIR_IOCTL(NADIR_FUNCTION_HOOKS_CLEAR)
#define NADIR_IOCTL_HOOKS_LIST NADIR_IOCTL(NADIR_FUNCTION_HOOKS_LIST)
#define NADIR_IOCTL_MEMORY_READ NADIR_IOCTL(NADIR_FUNCTION_MEMORY_READ)
#define NADIR_IOCTL_MEMORY_SPACE NADIR_IOCTL(NADIR_FUNCTION_MEMORY_SPACE)
#define NADIR_IOCTL_MEMORY_EPT NADIR_IOCTL(NADIR_FUNCTION_MEMORY_EPT)

/* For tests, on Windows alone (Linux has a parameter of its module for it): root mode makes a mistake on the processor that
 * asks, which is lost by it. STATUS_INVALID_PARAMETER unless the start allowed it (nadir_options.allow_provoke). */
struct nadir_provoke_request {
    struct nadir_header header;
    nadir_u32 provocation; /* in: enum nadir_provocation */
    nadir_u32 reserved;
};
#define NADIR_IOCTL_PROVOKE NADIR_IOCTL(0x100u)
