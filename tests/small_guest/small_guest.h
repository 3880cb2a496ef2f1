// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a small guest of the emulator needs: COM1, MSRs, an end. It uses nothing of Nadir's, so that a guest may be a
// witness. For one source file per guest, which defines small_guest_main.
#pragma once

#include <cstddef>
#include <cstdint>

// Called by start.S, on one processor in 64-bit mode.
extern "C" [[noreturn]] void small_guest_main();

// What compilers call.
extern "C" {
inline __attribute__((used)) void* memset(void* to, int byte, std::size_t bytes) {
    void* const result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
    return result;
}
inline __attribute__((used)) void* memcpy(void* to, const void* from, std::size_t bytes) {
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}
inline __attribute__((used)) std::size_t strlen(const char* text) {
    std::size_t length = 0;
    while (text[length] != '\0') {
        ++length;
    }
    return length;
}
}

namespace small_guest {

inline void out8(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

inline unsigned char in8(unsigned short port) {
    unsigned char value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline std::uint64_t read_msr(std::uint32_t index) {
    std::uint32_t low;
    std::uint32_t high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return static_cast<std::uint64_t>(high) << 32 | low;
}

inline void write_msr(std::uint32_t index, std::uint64_t value) {
    asm volatile("wrmsr"
                 :
                 : "a"(static_cast<std::uint32_t>(value)), "d"(static_cast<std::uint32_t>(value >> 32)), "c"(index)
                 : "memory");
}

// The firmware leaves COM1 with 5 data bits.
inline void prepare_console() { out8(0x3FB, 3); }

inline void print(char character) {
    out8(0x3F8, static_cast<unsigned char>(character));
    while ((in8(0x3FD) & 0x40) == 0) { // sent, so that the end of the run doesn't lose it
    }
}

inline void print(const char* text) {
    for (; *text != '\0'; ++text) {
        print(*text);
    }
}

inline void print_hex(std::uint64_t value, int digits = 8) {
    for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) {
        print("0123456789abcdef"[(value >> shift) & 15]);
    }
}

// Ends the run of the emulator.
[[noreturn]] inline void shut_down() {
    for (const char* word = "Shutdown"; *word != '\0'; ++word) {
        out8(0x8900, static_cast<unsigned char>(*word));
    }
    for (;;) {
        asm volatile("hlt");
    }
}

} // namespace small_guest
