// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Structures in memory that VMX and devices write interrupts to.
// [SDM3 "Posted-Interrupt Processing"], [SDM3 "IPI Virtualization"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// Bits 319:256 of the descriptor. The processor looks at `outstanding` only; the rest is what VT-d and IPI
// virtualisation put there.
struct PostedInterruptControl : Register<PostedInterruptControl, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(outstanding, 0, "a notification is outstanding for requests in the descriptor")
    NADIR_BIT(suppress, 1, "no notifications for requests that aren't urgent")
    NADIR_FIELD(std::uint8_t, notification_vector, 23, 16, "vector of the notification")
    NADIR_FIELD(std::uint32_t, notification_destination, 63, 32, "APIC identifier of the target")
};

struct alignas(64) PostedInterruptDescriptor {
    std::uint64_t requests[4] = {}; // one bit per vector
    PostedInterruptControl control;
    std::uint64_t available[3] = {};

    [[nodiscard]] constexpr bool requested(std::uint8_t vector) const {
        return ((requests[vector >> 6] >> (vector & 63)) & 1) != 0;
    }
    constexpr void request(std::uint8_t vector) { requests[vector >> 6] |= std::uint64_t{1} << (vector & 63); }
};
static_assert(sizeof(PostedInterruptDescriptor) == 64);

// An entry of the PID-pointer table.
struct PidPointer : Register<PidPointer, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(valid, 0, "the entry may be used")
    NADIR_ADDRESS(address, 51, 6, "physical address of the posted-interrupt descriptor")
};

} // namespace nadir::arch
