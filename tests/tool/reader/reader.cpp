// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Asks a processor for its capabilities by arch/capability_reading.h and prints each answer on COM1. It has no interrupt
// table: an MSR that isn't there ends it in a triple fault, which is what its test watches for.
#include "arch/capability_reading.h"

namespace {

using nadir::arch::CpuidRegisters;

void out8(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

unsigned char in8(unsigned short port) {
    unsigned char value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void print(char character) {
    out8(0x3F8, static_cast<unsigned char>(character));
    while ((in8(0x3FD) & 0x40) == 0) { // sent, so that the end of the run doesn't lose it
    }
}

void print(const char* text) {
    for (; *text != '\0'; ++text) {
        print(*text);
    }
}

void print_hex(std::uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) {
        print("0123456789abcdef"[(value >> shift) & 15]);
    }
}

struct Processor {
    CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
        CpuidRegisters r{};
        asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
        print("cpuid");
        for (const std::uint32_t value : {leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx}) {
            print(' ');
            print_hex(value);
        }
        print('\n');
        return r;
    }

    std::optional<std::uint64_t> msr(std::uint32_t index) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        print("msr ");
        print_hex(index);
        asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
        print(' ');
        print_hex(high);
        print_hex(low);
        print('\n');
        return static_cast<std::uint64_t>(high) << 32 | low;
    }
};

} // namespace

extern "C" void* memset(void* to, int byte, std::size_t bytes) {
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(byte) : "memory");
    return to;
}

extern "C" void* memcpy(void* to, const void* from, std::size_t bytes) {
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}

extern "C" [[noreturn]] void reader_main() {
    out8(0x3FB, 3); // 8 data bits
    Processor processor;
    nadir::arch::Capabilities capabilities;
    nadir::arch::read_capabilities(processor, capabilities);
    print("known ");
    print_hex(capabilities.known_msrs);
    print("\nend\n");
    for (const char* word = "Shutdown"; *word != '\0'; ++word) {
        out8(0x8900, static_cast<unsigned char>(*word));
    }
    for (;;) {
        asm volatile("hlt");
    }
}
