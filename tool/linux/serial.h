// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Who has a UART, of what Linux knows.
#pragma once

#include "tool/serial_port.h"

#include <optional>

namespace nadir::tool {

SerialUse linux_serial_use(nadir_u32 port);

// The number of the serial driver's line (N of ttyS<N>) at this I/O port, by what /proc/tty/driver/serial says.
std::optional<unsigned> line_at(const std::string& driver, nadir_u32 port);

// "agetty (process 412)", of the programs that have this file open; empty: nobody, or nobody that may be seen.
std::string who_has_open(const std::string& file);

} // namespace nadir::tool
