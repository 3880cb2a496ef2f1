// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/line.h"

#include "arch/uart.h"
#include "cpu/instructions.h"

namespace nadir::core::gdb {

using namespace arch;

namespace {

constexpr uint8_t eight_bits = 3; // less 5
constexpr uint8_t divisor_of_115200 = 1;
constexpr unsigned tries_to_send = 1'000'000;

UartLineStatus status(uint16_t port) {
    return UartLineStatus{cpu::read_port(uart_register(port, UartRegister::line_status))};
}

} // namespace

void set_up_line(uint16_t port) {
    const auto write = [port](UartRegister which, uint8_t value) {
        cpu::write_port(uart_register(port, which), value);
    };
    const UartLineControl line = UartLineControl{}.set_word_length(eight_bits);
    write(UartRegister::interrupt_enable, 0);
    write(UartRegister::line_control, UartLineControl{line}.set_divisor_latch(true).value);
    write(UartRegister::data, divisor_of_115200);
    write(UartRegister::interrupt_enable, 0); // the divisor's upper half
    write(UartRegister::line_control, line.value);
    write(UartRegister::fifo_control,
          UartFifoControl{}.set_enable(true).set_clear_receiver(true).set_clear_transmitter(true).value);
    write(UartRegister::modem_control,
          UartModemControl{}.set_data_terminal_ready(true).set_request_to_send(true).value);
}

std::optional<uint8_t> receive(uint16_t port) {
    const UartLineStatus now = status(port);
    return now.data_ready() && !now.no_device() ? std::optional(cpu::read_port(uart_register(port, UartRegister::data)))
                                                : std::nullopt;
}

bool send(uint16_t port, uint8_t byte) {
    for (unsigned i = 0; i < tries_to_send; ++i) {
        const UartLineStatus now = status(port);
        if (now.no_device()) {
            return false;
        }
        if (now.transmitter_empty()) {
            cpu::write_port(uart_register(port, UartRegister::data), byte);
            return true;
        }
        cpu::pause();
    }
    return false;
}

} // namespace nadir::core::gdb
