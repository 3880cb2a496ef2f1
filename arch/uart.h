// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// A PC's serial port: the registers of a 16550 that a polled line needs. [PC16550D, "Registers"] Not the manual's, and so not in
// arch/everything.h: `nadir list` is about the processor.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// Offsets from its I/O port. While LineControl::divisor_latch is set, the first two are the divisor's lower and upper half.
enum class UartRegister : std::uint16_t {
    data = 0,
    interrupt_enable = 1,
    fifo_control = 2,
    line_control = 3,
    modem_control = 4,
    line_status = 5,
};

constexpr std::uint16_t uart_register(std::uint16_t port, UartRegister which) {
    return static_cast<std::uint16_t>(port + static_cast<std::uint16_t>(which));
}

struct UartFifoControl : Register<UartFifoControl, std::uint8_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(enable, 0, "FIFOs are used")
    NADIR_BIT(clear_receiver, 1, "what was received is dropped")
    NADIR_BIT(clear_transmitter, 2, "what was to be sent is dropped")
};

struct UartLineControl : Register<UartLineControl, std::uint8_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, word_length, 1, 0, "bits of a character, less 5")
    NADIR_BIT(divisor_latch, 7, "the divisor is accessed in place of data and interrupt enable")
};

struct UartModemControl : Register<UartModemControl, std::uint8_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(data_terminal_ready, 0, "DTR")
    NADIR_BIT(request_to_send, 1, "RTS")
};

struct UartLineStatus : Register<UartLineStatus, std::uint8_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(data_ready, 0, "a character was received")
    NADIR_BIT(transmitter_empty, 5, "takes another character to be sent")

    // Where nothing drives the bus, reads give all ones; a UART's bit 7 is 1 only together with a fault in its FIFO.
    [[nodiscard]] constexpr bool no_device() const { return value == 0xFF; }
};

} // namespace nadir::arch
