// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The serial port that a start's options may name for reports of root mode. Root mode; may interrupt itself.
#pragma once

#include <cstdint>

namespace nadir::core {

// Never waits for long: a UART that isn't there, or doesn't send, costs the rest of the line.
void print_com1(uint16_t port, const char* text);

} // namespace nadir::core
