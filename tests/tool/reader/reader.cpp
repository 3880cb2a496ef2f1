// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Asks a processor for its capabilities by arch/capability_reading.h and prints each answer on COM1. It has no interrupt
// table: an MSR that isn't there ends it in a triple fault, which is what its test watches for.
#include "arch/capability_reading.h"
#include "tests/small_guest/small_guest.h"

namespace {

using nadir::arch::CpuidRegisters;

using small_guest::print;
using small_guest::print_hex;

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
        print("msr ");
        print_hex(index);
        const std::uint64_t value = small_guest::read_msr(index);
        print(' ');
        print_hex(value, 16);
        print('\n');
        return value;
    }
};

} // namespace

extern "C" [[noreturn]] void small_guest_main() {
    small_guest::prepare_console();
    Processor processor;
    nadir::arch::Capabilities capabilities;
    nadir::arch::read_capabilities(processor, capabilities);
    print("known ");
    print_hex(capabilities.known_msrs);
    print("\nend\n");
    small_guest::shut_down();
}
