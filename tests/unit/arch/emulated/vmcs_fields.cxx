// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Asks an emulated processor which VMCS fields it has: VMREAD of every encoding with an index below 64, then VMWRITE of
// all ones and VMREAD again, which shows how wide the field is. Prints "field <encoding> <value>" on COM1. It uses nothing
// of arch/, which its answers are compared with. Started by tests/tool/reader/start.S; built by its test.
#include <cstdint>

namespace {

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

void print_hex(std::uint64_t value, int digits) {
    for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) {
        print("0123456789abcdef"[(value >> shift) & 15]);
    }
}

[[noreturn]] void end(const char* text) {
    print(text);
    print('\n');
    for (const char* word = "Shutdown"; *word != '\0'; ++word) {
        out8(0x8900, static_cast<unsigned char>(*word));
    }
    for (;;) {
        asm volatile("hlt");
    }
}

std::uint64_t rdmsr(std::uint32_t index) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return static_cast<std::uint64_t>(high) << 32 | low;
}

void wrmsr(std::uint32_t index, std::uint64_t value) {
    asm volatile("wrmsr"
                 :
                 : "a"(static_cast<std::uint32_t>(value)), "d"(static_cast<std::uint32_t>(value >> 32)), "c"(index));
}

// Neither CF nor ZF: it worked.
bool vmread(std::uint64_t encoding, std::uint64_t& value) {
    bool worked;
    asm volatile("vmread %2, %1" : "=@cca"(worked), "=r"(value) : "r"(encoding) : "memory");
    return worked;
}

bool vmwrite(std::uint64_t encoding, std::uint64_t value) {
    bool worked;
    asm volatile("vmwrite %2, %1" : "=@cca"(worked) : "r"(encoding), "r"(value) : "memory");
    return worked;
}

alignas(4096) std::uint32_t vmxon_region[1024];
alignas(4096) std::uint32_t vmcs_region[1024];

void enter_vmx_operation() {
    constexpr std::uint32_t feature_control = 0x3A;
    if ((rdmsr(feature_control) & 1) == 0) {
        wrmsr(feature_control, rdmsr(feature_control) | 5); // VMXON outside SMX, locked
    }
    std::uint64_t cr0;
    std::uint64_t cr4;
    asm volatile("movq %%cr0, %0; movq %%cr4, %1" : "=r"(cr0), "=r"(cr4));
    asm volatile("movq %0, %%cr0; movq %1, %%cr4" : : "r"(cr0 | rdmsr(0x486)), "r"(cr4 | rdmsr(0x488)));
    const auto revision = static_cast<std::uint32_t>(rdmsr(0x480)) & 0x7FFF'FFFF;
    vmxon_region[0] = revision;
    vmcs_region[0] = revision;
    const std::uint64_t vmxon = reinterpret_cast<std::uint64_t>(vmxon_region);
    const std::uint64_t vmcs = reinterpret_cast<std::uint64_t>(vmcs_region);
    bool worked;
    asm volatile("vmxon %1" : "=@cca"(worked) : "m"(vmxon) : "memory");
    if (!worked) {
        end("vmxon failed");
    }
    asm volatile("vmclear %1" : "=@cca"(worked) : "m"(vmcs) : "memory");
    asm volatile("vmptrld %1" : "=@cca"(worked) : "m"(vmcs) : "memory");
    if (!worked) {
        end("vmptrld failed");
    }
}

void probe(std::uint32_t encoding) {
    std::uint64_t value = 0;
    if (!vmread(encoding, value)) {
        return;
    }
    print("field ");
    print_hex(encoding, 4);
    print(' ');
    const bool written = vmwrite(encoding, ~std::uint64_t{0});
    value = 0;
    static_cast<void>(vmread(encoding, value));
    print_hex(value, 16);
    print(written ? "\n" : " read-only\n");
}

} // namespace

extern "C" [[noreturn]] void reader_main() {
    out8(0x3FB, 3); // 8 data bits
    enter_vmx_operation();
    for (std::uint32_t width = 0; width < 4; ++width) {
        for (std::uint32_t group = 0; group < 4; ++group) {
            for (std::uint32_t index_and_half = 0; index_and_half < 128; ++index_and_half) {
                probe(width << 13 | group << 10 | index_and_half);
            }
        }
    }
    end("end");
}
