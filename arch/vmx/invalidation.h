// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Operands of INVEPT, INVVPID and INVPCID. [SDM3 "VMX Instructions"], [SDM2 "INVPCID"]
#pragma once

#include <cstdint>

namespace nadir::arch {

enum class InveptType : std::uint64_t { single_context = 1, all_context = 2 };

struct InveptDescriptor {
    std::uint64_t eptp = 0;
    std::uint64_t reserved = 0;
};
static_assert(sizeof(InveptDescriptor) == 16);

enum class InvvpidType : std::uint64_t {
    individual_address = 0,
    single_context = 1,
    all_context = 2,
    single_context_retaining_globals = 3,
};

struct InvvpidDescriptor {
    std::uint64_t vpid = 0; // bits 15:0; the rest is reserved
    std::uint64_t linear_address = 0;
};
static_assert(sizeof(InvvpidDescriptor) == 16);

enum class InvpcidType : std::uint64_t {
    individual_address = 0,
    single_context = 1,
    all_context_with_globals = 2,
    all_context = 3,
};

struct InvpcidDescriptor {
    std::uint64_t pcid = 0; // bits 11:0; the rest is reserved
    std::uint64_t linear_address = 0;
};
static_assert(sizeof(InvpcidDescriptor) == 16);

} // namespace nadir::arch
