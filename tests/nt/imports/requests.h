// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Requests as the I/O manager makes them for a program: open, DeviceIoControl with METHOD_BUFFERED, close, shutdown. A request
// is completed once, with a status and a length that are legal, and not touched after that (its memory is gone).
#pragma once

#include "tests/nt/abi/io.h"
#include "tests/nt/imports/security.h"

namespace nadir::nt {

// CreateFile. nullptr: refused, with `why`.
FileObject* open_device(const char16_t* link, User user, Status& why);
// CloseHandle, of the last handle.
void close_device(FileObject* file);

u64 requests_under_way(const FileObject* file);

struct Answer {
    Status status;
    u64 bytes; // IoStatus.Information
};

// DeviceIoControl. `input` is copied in; of the answer as much as the driver says is copied to `output`.
Answer control_device(FileObject* file, u32 code, const void* input, u32 input_bytes, void* output, u32 output_bytes);

// IRP_MJ_SHUTDOWN, if the device has asked for it. False: it hasn't.
bool send_shutdown(DeviceObject* device);
// A major function that the device needn't have.
Answer send_other(FileObject* file, u8 major);

// What a driver's major functions are before it sets them.
NADIR_NT_ABI Status invalid_device_request(DeviceObject* device, Irp* irp);

const void* complete_request_routine();

} // namespace nadir::nt
