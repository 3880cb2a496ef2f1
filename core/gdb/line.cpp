// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/line.h"

#include "cpu/instructions.h"

namespace nadir::core::gdb {

namespace {

// A 16550's registers, and their bits.
constexpr uint16_t interrupt_enable = 1; // with the divisor latch open: the divisor's upper half
constexpr uint16_t fifo_control = 2;
constexpr uint16_t line_control = 3;
constexpr uint16_t modem_control = 4;
constexpr uint8_t divisor_latch = 0x80;
constexpr uint8_t eight_bits = 0x03;
constexpr uint8_t fifos_on_and_empty = 0x07;
constexpr uint8_t ready_to_talk = 0x03; // DTR and RTS
constexpr uint8_t divisor_of_115200 = 1;
constexpr uint16_t line_status = 5;
constexpr uint8_t data_ready = 0x01;
constexpr uint8_t transmitter_empty = 0x20;
constexpr uint8_t no_device = 0xFF;
constexpr unsigned patience = 1'000'000;

uint8_t status(uint16_t port) { return cpu::read_port(static_cast<uint16_t>(port + line_status)); }

} // namespace

void set_up_line(uint16_t port) {
    const auto write = [port](uint16_t which, uint8_t value) {
        cpu::write_port(static_cast<uint16_t>(port + which), value);
    };
    write(interrupt_enable, 0);
    write(line_control, divisor_latch | eight_bits);
    write(0, divisor_of_115200);
    write(interrupt_enable, 0);
    write(line_control, eight_bits);
    write(fifo_control, fifos_on_and_empty);
    write(modem_control, ready_to_talk);
}

std::optional<uint8_t> receive(uint16_t port) {
    const uint8_t now = status(port);
    return now != no_device && (now & data_ready) != 0 ? std::optional(cpu::read_port(port)) : std::nullopt;
}

bool send(uint16_t port, uint8_t byte) {
    for (unsigned i = 0; i < patience; ++i) {
        const uint8_t now = status(port);
        if (now == no_device) {
            return false;
        }
        if ((now & transmitter_empty) != 0) {
            cpu::write_port(port, byte);
            return true;
        }
        cpu::pause();
    }
    return false;
}

} // namespace nadir::core::gdb
