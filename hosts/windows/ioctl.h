/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The requests of \\.\Nadir: control/control.h as I/O control codes. The driver and the `nadir` command include this file.
 *
 * Input and output buffer are the whole structure of the function; both have to be exactly as long as it is. A request that
 * is not understood fails, and the structure stays as it was:
 *   STATUS_INVALID_DEVICE_REQUEST  no such function, or another method or access (Win32: ERROR_INVALID_FUNCTION)
 *   STATUS_INFO_LENGTH_MISMATCH    a buffer's length, or the size in the header (ERROR_BAD_LENGTH)
 *   STATUS_REVISION_MISMATCH       the header has another NADIR_CONTROL_VERSION (ERROR_REVISION_MISMATCH)
 * A request that was understood, of a structure with a report, succeeds even when it did not work: METHOD_BUFFERED gives no
 * answer back where the status is an error. report.status says what came of it. Others fail with a status that resembles
 * theirs.
 */
#pragma once

#include "control/control.h"

#define NADIR_DEVICE_NAME L"\\Device\\Nadir"
#define NADIR_DEVICE_LINK L"\\DosDevices\\Nadir"
#define NADIR_DEVICE_PATH L"\\\\.\\Nadir"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + function, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA) */
#define NADIR_IOCTL(function) ((0x22u << 16) | (3u << 14) | ((0x800u + (nadir_u32)(function)) << 2))
