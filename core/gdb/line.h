// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The line to GDB: a serial port, polled. Root mode.
#pragma once

#include <cstdint>
#include <optional>

namespace nadir::core::gdb {

// 115200 baud, 8 bits, no parity; no interrupts.
void set_up_line(uint16_t port);

// None: there is no byte. Never waits.
std::optional<uint8_t> receive(uint16_t port);
// Waits while the UART is busy, but not for ever: false when it doesn't become ready, and the byte is lost.
bool send(uint16_t port, uint8_t byte);

} // namespace nadir::core::gdb
