// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Serial ports as people name them, and who uses one.
#pragma once

#include "control/types.h"

#include <string>
#include <string_view>

namespace nadir::tool {

// "com2", "0x2f8", "760": the UART's first I/O port. Throws Failure for what can be none.
nadir_u32 serial_port_of(std::string_view word);

// "com2 (0x2f8)", or the number alone.
std::string words_of_serial_port(nadir_u32 port);

// What the system knows of a UART.
struct SerialUse {
    bool absent = false; // nothing answers at its ports
    std::string name{};  // the system's own for it, as "ttyS1"; empty: its driver leaves it alone
    std::string user{};  // who uses it now, a sentence without its full stop; empty: nobody
};

} // namespace nadir::tool
