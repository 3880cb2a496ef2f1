// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Asks an emulated processor which VMCS fields it has: VMREAD of every encoding with an index below 64, then VMWRITE of
// all ones and VMREAD again, which shows how wide the field is. Prints "field <encoding> <value>" on COM1. It uses nothing
// of arch/, which its answers are compared with. Built by its test.
#include "tests/small_guest/small_guest.h"

namespace {

using small_guest::print;
using small_guest::print_hex;
using small_guest::read_msr;

[[noreturn]] void end(const char* text) {
    print(text);
    print('\n');
    small_guest::shut_down();
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
    if ((read_msr(feature_control) & 1) == 0) {
        small_guest::write_msr(feature_control, read_msr(feature_control) | 5); // VMXON outside SMX, locked
    }
    std::uint64_t cr0;
    std::uint64_t cr4;
    asm volatile("movq %%cr0, %0; movq %%cr4, %1" : "=r"(cr0), "=r"(cr4));
    asm volatile("movq %0, %%cr0; movq %1, %%cr4" : : "r"(cr0 | read_msr(0x486)), "r"(cr4 | read_msr(0x488)));
    const auto revision = static_cast<std::uint32_t>(read_msr(0x480)) & 0x7FFF'FFFF;
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

extern "C" [[noreturn]] void small_guest_main() {
    small_guest::prepare_console();
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
