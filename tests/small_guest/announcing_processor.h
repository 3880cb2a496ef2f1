// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A processor for arch::read_capabilities that prints each question and its answer on COM1, so that a program on the host
// has the same answers.
#pragma once

#include <optional>

#include "arch/capability_reading.h"
#include "tests/small_guest/small_guest.h"

namespace small_guest {

struct AnnouncingProcessor {
    nadir::arch::CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
        nadir::arch::CpuidRegisters r{};
        asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
        print("cpuid");
        for (const std::uint32_t value : {leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx}) {
            print(' ');
            print_hex(value);
        }
        print('\n');
        return r;
    }

    // The number goes out before the answer: it is the last word of one that faults.
    std::optional<std::uint64_t> msr(std::uint32_t index) {
        print("msr ");
        print_hex(index);
        const std::uint64_t value = read_msr(index);
        print(' ');
        print_hex(value, 16);
        print('\n');
        return value;
    }
};

} // namespace small_guest
