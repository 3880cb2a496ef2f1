// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include <stdint.h>

static inline void out(uint16_t port, uint8_t value) { asm volatile("out %0, %1" : : "a"(value), "Nd"(port)); }

static inline uint8_t in(uint16_t port) {
    uint8_t value;

    asm volatile("in %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
