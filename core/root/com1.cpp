// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/com1.h"

#include "cpu/instructions.h"

namespace nadir::core {

namespace {

// A 16550's line status register: bit 5 says that the transmitter takes another byte. Where there is no device, reads give
// all ones.
constexpr uint16_t line_status = 5;
constexpr uint8_t transmitter_empty = 0x20;
constexpr uint8_t no_device = 0xFF;
constexpr unsigned patience = 100'000;

bool ready(uint16_t port) {
    for (unsigned i = 0; i < patience; ++i) {
        const uint8_t status = cpu::read_port(static_cast<uint16_t>(port + line_status));
        if (status == no_device) {
            return false;
        }
        if ((status & transmitter_empty) != 0) {
            return true;
        }
        cpu::pause();
    }
    return false;
}

// A line of 250 characters takes 22 ms at 115200 baud; this is more.
constexpr unsigned patience_for_a_line = 1'000'000;

} // namespace

Com1Turn::Com1Turn(uint32_t& turn, uint32_t processor) : turn_(turn) {
    const uint32_t mark = processor + 1;
    for (unsigned i = 0; i < patience_for_a_line; ++i) {
        uint32_t writer = 0;
        taken_ = __atomic_compare_exchange_n(&turn_, &writer, mark, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
        if (taken_ || writer == mark) {
            return;
        }
        cpu::pause();
    }
}

Com1Turn::~Com1Turn() {
    if (taken_) {
        __atomic_store_n(&turn_, 0, __ATOMIC_RELEASE);
    }
}

void print_com1(uint16_t port, const char* text) {
    for (; *text != '\0' && ready(port); ++text) {
        cpu::write_port(port, static_cast<uint8_t>(*text));
    }
}

} // namespace nadir::core
