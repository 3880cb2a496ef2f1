// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What happens to the machine is of interest from the first start on, and until the driver goes. What follows it is not
// registered anew at each start: to unregister waits for the callbacks, and some of them stop Nadir.
#include "hosts/windows/host.h"

namespace nadir::windows {
NTSTATUS follow_machine() { return STATUS_SUCCESS; }
void follow_machine_no_more() {}
} // namespace nadir::windows
