// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The devices and their names.
#pragma once

#include "tests/nt/abi/io.h"

namespace nadir::nt {

// By a name under \DosDevices; nullptr: none.
DeviceObject* device_by_link(const char16_t* link);
// As the I/O manager does when DriverEntry has returned.
void finish_devices();
// Makes a device that has the name already, as another driver would have; nullptr takes it away.
void occupy_name(const char16_t* name);
// Has it asked to be told of a shutdown?
bool wants_shutdown(const DeviceObject* device);

} // namespace nadir::nt
