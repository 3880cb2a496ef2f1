// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Compile with -ffreestanding and, for GCC, -fno-tree-loop-distribute-patterns: otherwise a compiler may turn a loop
// below into a call of the function that it is in. The string instructions need no vector register and
// leave no loop to recognise; memcmp's loop has no such pattern.
#include "base/memory.h"

#include <cstdint>

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t bytes) noexcept {
    // By eight bytes first: processors without fast short strings, and emulators, take a step per element.
    void* destination = to;
    std::size_t words = bytes / 8;
    std::size_t rest = bytes % 8;
    asm volatile("rep movsq" : "+D"(destination), "+S"(from), "+c"(words) : : "memory");
    asm volatile("rep movsb" : "+D"(destination), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void* memmove(void* to, const void* from, std::size_t bytes) noexcept {
    const auto target = reinterpret_cast<unsigned long long>(to);
    const auto source = reinterpret_cast<unsigned long long>(from);
    // The unsigned distance is small only when the target lies inside the source's bytes.
    if (target - source >= bytes) {
        return memcpy(to, from, bytes);
    }
    void* destination = static_cast<unsigned char*>(to) + bytes - 1;
    const void* last = static_cast<const unsigned char*>(from) + bytes - 1;
    asm volatile("std; rep movsb; cld" : "+D"(destination), "+S"(last), "+c"(bytes) : : "memory", "cc");
    return to;
}

void* memset(void* to, int byte, std::size_t bytes) noexcept {
    void* destination = to;
    std::size_t words = bytes / 8;
    std::size_t rest = bytes % 8;
    const std::uint64_t pattern = 0x0101'0101'0101'0101ull * static_cast<unsigned char>(byte);
    asm volatile("rep stosq" : "+D"(destination), "+c"(words) : "a"(pattern) : "memory");
    asm volatile("rep stosb" : "+D"(destination), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void* left, const void* right, std::size_t bytes) noexcept {
    const auto* a = static_cast<const unsigned char*>(left);
    const auto* b = static_cast<const unsigned char*>(right);
    for (std::size_t i = 0; i < bytes; ++i) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

// std::string_view of a literal calls it where the compiler doesn't know which literal.
std::size_t strlen(const char* text) noexcept {
    std::size_t length = 0;
    while (text[length] != '\0') {
        asm volatile(""); // or the compiler would make a call of strlen out of it
        ++length;
    }
    return length;
}

} // extern "C"
