// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that stand alone. CPL 0 unless said otherwise.
#pragma once

#include <cstdint>

#include "cpu/halves.h"

namespace nadir::cpu {

// Any CPL unless CR4.TSD. Not serialising; ordered against the surrounding code by the compiler only.
inline uint64_t read_tsc() {
    uint64_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return high << 32 | whole_register(low);
}

// The same into memory, where two stores do what shift, or, store would.
template <typename Word>
void store_tsc(Word& place) {
    static_assert(sizeof(place) == 2 * sizeof(uint32_t));
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    auto* halves = reinterpret_cast<uint8_t*>(&place);
    __builtin_memcpy(halves, &low, sizeof(low));
    __builtin_memcpy(halves + sizeof(low), &high, sizeof(high));
}

inline void write_back_and_invalidate_caches() { asm volatile("wbinvd" : : : "memory"); }
inline void invalidate_page(uint64_t linear) { asm volatile("invlpg (%0)" : : "r"(linear) : "memory"); }
inline void halt() { asm volatile("hlt" : : : "memory"); }
inline void disable_interrupts() { asm volatile("cli" : : : "memory"); }
inline void pause() { asm volatile("pause" : : : "memory"); }

inline void write_port(uint16_t port, uint8_t value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline uint8_t read_port(uint16_t port) {
    uint8_t v;
    asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

inline void write_port_16(uint16_t port, uint16_t value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
inline uint16_t read_port_16(uint16_t port) {
    uint16_t v;
    asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
inline void write_port_32(uint16_t port, uint32_t value) { asm volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
inline uint32_t read_port_32(uint16_t port) {
    uint32_t v;
    asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

// Vector 2 by software: the system's own NMI handler runs. For an NMI that came while nobody could take it.
inline void raise_nmi_vector() { asm volatile("int $2" : : : "memory"); }

} // namespace nadir::cpu
