// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/image/driver.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/image/call.h"
#include "tests/nt/image/image.h"
#include "tests/nt/imports/devices.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/imports/requests.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

const u8* file;
u64 file_bytes;
DriverObject* driver;
char16_t registry_path[] = u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\nadir";

void remove_image(const char* when) {
    require_no_holdings(when);
    if (driver->device != nullptr)
        violation(rule::leak, 0, "%s the driver object still has a device", when);
    unload_image();
}

} // namespace

void set_driver_file(u64 physical, u64 bytes) {
    file = alias(physical);
    file_bytes = bytes;
}

Status load_driver() {
    load_image(file, file_bytes);
    driver = new_object<DriverObject>();
    driver->type = 4;
    driver->size = sizeof(DriverObject);
    driver->start = reinterpret_cast<void*>(image().base);
    driver->bytes = static_cast<u32>(image().bytes);
    driver->entry = reinterpret_cast<DriverEntry>(image().entry);
    for (Dispatch& major : driver->major)
        major = invalid_device_request;
    UnicodeString path{sizeof registry_path - 2, sizeof registry_path, registry_path};
    const auto status = static_cast<Status>(call_driver("DriverEntry", reinterpret_cast<const void*>(image().entry),
                                                        reinterpret_cast<u64>(driver), reinterpret_cast<u64>(&path)));
    if (!succeeded(status)) {
        bare::print("DriverEntry: %x\n", status);
        remove_image("after a DriverEntry that failed");
        return status;
    }
    if (driver->unload == nullptr)
        violation(rule::object, 0, "the driver can't be unloaded");
    finish_devices();
    discard_init();
    return status;
}

void unload_driver_that_stays() {
    call_driver("DriverUnload", reinterpret_cast<const void*>(driver->unload), reinterpret_cast<u64>(driver));
    bool kept = false;
    for_each_holding(Holding::reference,
                     [&](const Entry& entry) { kept |= entry.key == reinterpret_cast<u64>(driver); });
    if (!kept)
        violation(rule::leak, 0, "DriverUnload lets the image go, and threads and memory of it are still there");
    if (driver->device != nullptr)
        violation(rule::leak, 0, "after DriverUnload the driver object still has a device");
}

void unload_driver() {
    call_driver("DriverUnload", reinterpret_cast<const void*>(driver->unload), reinterpret_cast<u64>(driver));
    remove_image("after DriverUnload");
}

} // namespace nadir::nt
