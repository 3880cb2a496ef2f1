// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/com1.h"

#include "arch/uart.h"
#include "cpu/instructions.h"

namespace nadir::core {

using namespace arch;

namespace {

constexpr unsigned patience = 100'000;

bool ready(uint16_t port) {
    for (unsigned i = 0; i < patience; ++i) {
        const UartLineStatus status{cpu::read_port(uart_register(port, UartRegister::line_status))};
        if (status.no_device()) {
            return false;
        }
        if (status.transmitter_empty()) {
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
        cpu::write_port(uart_register(port, UartRegister::data), static_cast<uint8_t>(*text));
    }
}

} // namespace nadir::core
