// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The I/O manager's structures, of 64-bit Windows 10 and 11, as far as a driver of this kind looks at them.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

struct DriverObject;
struct DeviceObject;
struct Irp;

using Dispatch = Status(NADIR_NT_ABI*)(DeviceObject* device, Irp* irp);
using DriverEntry = Status(NADIR_NT_ABI*)(DriverObject* driver, UnicodeString* registry_path);
using DriverUnload = void(NADIR_NT_ABI*)(DriverObject* driver);

enum MajorFunction : u8 {
    major_create = 0,
    major_close = 2,
    major_read = 3,
    major_device_control = 14,
    major_shutdown = 16,
    major_cleanup = 18,
    major_functions = 28,
};

struct DriverObject {
    u16 type; // 4
    u16 size;
    DeviceObject* device;
    u32 flags;
    void* start;
    u32 bytes;
    void* section;
    void* extension;
    UnicodeString name;
    UnicodeString* hardware_database;
    void* fast_io;
    DriverEntry entry;
    void* start_io;
    DriverUnload unload;
    Dispatch major[major_functions];
};
static_assert(sizeof(DriverObject) == 0x150 && offsetof(DriverObject, unload) == 0x68);

constexpr u32 device_initializing = 0x80;
constexpr u32 device_buffered = 0x04;

struct DeviceObject {
    u16 type; // 3
    u16 size;
    i32 reference_count;
    DriverObject* driver;
    DeviceObject* next;
    DeviceObject* attached;
    Irp* current_irp;
    void* timer;
    u32 flags;
    u32 characteristics;
    void* vpb;
    void* extension;
    u32 device_type;
    u8 stack_size;
    u64 queue[9];
    u32 alignment;
    u64 device_queue[5];
    u64 dpc[8];
    u32 active_threads;
    void* security_descriptor;
    u64 lock[3];
    u16 sector_size;
    u16 spare;
    void* object_extension;
    void* reserved[2];
};
static_assert(sizeof(DeviceObject) == 0x150 && offsetof(DeviceObject, extension) == 0x40);
static_assert(offsetof(DeviceObject, stack_size) == 0x4C && offsetof(DeviceObject, security_descriptor) == 0x110);

struct FileObject {
    u16 type; // 5
    u16 size;
    DeviceObject* device;
    void* vpb;
    void* context;
    void* context2;
    u64 rest[22];
};
static_assert(sizeof(FileObject) == 0xD8);

struct IoStackLocation {
    u8 major;
    u8 minor;
    u8 flags;
    u8 control;
    u32 reserved0;
    struct { // of IRP_MJ_DEVICE_CONTROL
        u32 output_length;
        u32 reserved1;
        u32 input_length;
        u32 reserved2;
        u32 code;
        u32 reserved3;
        void* type3_input;
    } parameters;
    DeviceObject* device;
    FileObject* file;
    void* completion_routine;
    void* context;
};
static_assert(sizeof(IoStackLocation) == 0x48 && offsetof(IoStackLocation, device) == 0x28);

constexpr u8 location_pending = 1; // SL_PENDING_RETURNED, in control

struct Irp {
    u16 type; // 6
    u16 size;
    void* mdl;
    u32 flags;
    void* system_buffer;
    ListEntry thread_list;
    Status io_status;
    u32 io_status_reserved;
    u64 information;
    u8 requestor_mode; // 0 kernel, 1 user
    u8 pending_returned;
    u8 stack_count;
    u8 current_location;
    u8 cancel;
    u8 cancel_irql;
    u8 apc_environment;
    u8 allocation_flags;
    void* user_iosb;
    void* user_event;
    u64 overlay[2];
    void* cancel_routine;
    void* user_buffer;
    void* driver_context[4];
    void* thread;
    void* auxiliary;
    ListEntry list;
    IoStackLocation* location;
    FileObject* original_file;
    void* last;
};
static_assert(sizeof(Irp) == 0xD0 && offsetof(Irp, io_status) == 0x30 && offsetof(Irp, system_buffer) == 0x18);
static_assert(offsetof(Irp, user_buffer) == 0x70 && offsetof(Irp, location) == 0xB8);

// CTL_CODE [Defining I/O Control Codes].
constexpr u32 method_buffered = 0;
constexpr u32 method_neither = 3;
constexpr u32 control_code(u32 device_type, u32 function, u32 method, u32 access) {
    return device_type << 16 | access << 14 | function << 2 | method;
}

} // namespace nadir::nt
