// SPDX-License-Identifier: MIT OR GPL-2.0-only
// nadir.sys: loading and unloading. It loads also where Nadir can't be turned on: `nadir caps` says why it can't.
#include "hosts/windows/guard.h"
#include "hosts/windows/host.h"
#include "hosts/windows/machine.h"
#include "hosts/windows/sections.h"

namespace nadir::windows {

namespace {

// The system calls it when nobody has the device open any more.
NADIR_PAGED_CODE void unload(DRIVER_OBJECT* driver) {
    // A wake may come until it isn't followed any more: it is refused by this.
    block(Hindrance::unload);
    follow_machine_no_more();
    device_exit();
    if (!release_session()) {
        // This routine can't refuse. A reference to the driver's object keeps the image where it is.
        print(NADIR_LEVEL_ERROR,
              "a processor is lost and still uses Nadir's memory ({d} bytes): the driver's image stays until the next "
              "restart",
              {allocated_bytes()});
        ObfReferenceObject(driver);
        return;
    }
    print(NADIR_LEVEL_INFO, "unloaded");
}

} // namespace

NADIR_INIT_CODE NTSTATUS load(DRIVER_OBJECT& driver) {
    session_init();
    machine_init();
    const NTSTATUS status = device_init(driver);
    if (NT_SUCCESS(status)) {
        driver.DriverUnload = unload;
        print(NADIR_LEVEL_INFO, "loaded: \\\\.\\Nadir is ready");
    }
    return status;
}

} // namespace nadir::windows
