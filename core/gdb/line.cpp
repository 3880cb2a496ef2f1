// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/line.h"

#include "cpu/instructions.h"

namespace nadir::core::gdb {

namespace {

// A 16550's registers and the bits of its line status.
constexpr uint16_t line_status = 5;
constexpr uint8_t data_ready = 0x01;
constexpr uint8_t transmitter_empty = 0x20;
constexpr uint8_t no_device = 0xFF;
constexpr unsigned patience = 1'000'000;

uint8_t status(uint16_t port) { return cpu::read_port(static_cast<uint16_t>(port + line_status)); }

} // namespace

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
