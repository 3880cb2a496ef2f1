// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/instructions.h.
#pragma once

#include <cstdint>

namespace nadir::cpu {

uint64_t read_tsc();
template <typename Word>
void store_tsc(Word& place) {
    place = read_tsc();
}
void write_back_and_invalidate_caches();
void invalidate_page(uint64_t linear);
void halt(); // throws fake::Halted: root mode's last loop ends there
void disable_interrupts();
void pause();
void write_port(uint16_t port, uint8_t value);
uint8_t read_port(uint16_t port);
void write_port_16(uint16_t port, uint16_t value);
uint16_t read_port_16(uint16_t port);
void write_port_32(uint16_t port, uint32_t value);
uint32_t read_port_32(uint16_t port);
void raise_nmi_vector();

} // namespace nadir::cpu
