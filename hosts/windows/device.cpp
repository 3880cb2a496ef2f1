// SPDX-License-Identifier: MIT OR GPL-2.0-only
// \\.\Nadir: for administrators. It gets its name in Win32's name space only when nobody else can open it any more.
#include "hosts/windows/host.h"
#include "hosts/windows/ioctl.h"
#include "hosts/windows/names.h"
#include "hosts/windows/sections.h"

namespace nadir::windows {

namespace {

constinit DEVICE_OBJECT* device = nullptr;

NADIR_PAGED_CODE NTSTATUS open_or_close(DEVICE_OBJECT*, IRP* irp) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

// The last handle of this open file is closed: also when its program was ended.
NADIR_PAGED_CODE NTSTATUS clean_up(DEVICE_OBJECT* object, IRP* irp) {
    {
        const SessionLock held;
        nadir_report report;
        (void)events_end(IoGetCurrentIrpStackLocation(irp)->FileObject, report);
    }
    return open_or_close(object, irp);
}

NADIR_PAGED_CODE NTSTATUS control(DEVICE_OBJECT*, IRP* irp) { return answer_request(*irp); }

// The last word before the machine goes down or starts again. If it does neither, but wakes, `resume` takes this back.
NTSTATUS shut_down(DEVICE_OBJECT*, IRP* irp) {
    block(Hindrance::shutdown);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

} // namespace

NADIR_INIT_CODE NTSTATUS device_init(DRIVER_OBJECT& driver) {
    driver.MajorFunction[IRP_MJ_CREATE] = open_or_close;
    driver.MajorFunction[IRP_MJ_CLEANUP] = clean_up;
    driver.MajorFunction[IRP_MJ_CLOSE] = open_or_close;
    driver.MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver.MajorFunction[IRP_MJ_SHUTDOWN] = shut_down;

    UNICODE_STRING name = name_of(NADIR_DEVICE_OBJECT);
    NTSTATUS status = IoCreateDevice(&driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        print(NADIR_LEVEL_ERROR,
              status == STATUS_OBJECT_NAME_COLLISION
                  ? "not loaded: there is a device \\Device\\Nadir already, of another driver with another service name"
                  : "not loaded: the device \\Device\\Nadir can't be made, status {x}",
              {static_cast<ULONG>(status)});
        return status;
    }
    status = restrict_to_administrators(device);
    if (NT_SUCCESS(status)) {
        status = IoRegisterShutdownNotification(device);
    }
    if (NT_SUCCESS(status)) {
        UNICODE_STRING link = name_of(NADIR_DEVICE_LINK);
        status = IoCreateSymbolicLink(&link, &name);
        if (!NT_SUCCESS(status)) {
            IoUnregisterShutdownNotification(device);
        }
    }
    if (!NT_SUCCESS(status)) {
        print(NADIR_LEVEL_ERROR, "not loaded: the device can't be made safe and known, status {x}",
              {static_cast<ULONG>(status)});
        IoDeleteDevice(device);
        device = nullptr;
    }
    return status;
}

NADIR_PAGED_CODE void device_exit() {
    UNICODE_STRING link = name_of(NADIR_DEVICE_LINK);
    IoDeleteSymbolicLink(&link);
    IoUnregisterShutdownNotification(device);
    IoDeleteDevice(device);
    device = nullptr;
}

} // namespace nadir::windows
