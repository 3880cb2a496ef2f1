// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The serial port that a start's options may name for reports of root mode. Root mode; may interrupt itself.
#pragma once

#include <cstdint>

namespace nadir::core {

// Lines of several processors don't mix while one of these lives. `turn`: the number of the processor that writes, counted from 1;
// 0: nobody. Nobody waits for ever, for the one that writes may have been stopped; and a processor doesn't wait for itself,
// whose fault came while it wrote.
class Com1Turn {
public:
    Com1Turn(uint32_t& turn, uint32_t processor);
    ~Com1Turn();
    Com1Turn(const Com1Turn&) = delete;
    Com1Turn& operator=(const Com1Turn&) = delete;

private:
    uint32_t& turn_;
    bool taken_ = false;
};

// Never waits for long: a UART that isn't there, or doesn't send, costs the rest of the line.
void print_com1(uint16_t port, const char* text);

} // namespace nadir::core
