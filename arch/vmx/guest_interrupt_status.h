// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// [SDM3 "Guest Non-Register State"]: guest interrupt status, with virtual-interrupt delivery.
struct GuestInterruptStatus : Register<GuestInterruptStatus, std::uint16_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, rvi, 7, 0, "highest-priority virtual interrupt that is requested")
    NADIR_FIELD(std::uint8_t, svi, 15, 8, "highest-priority virtual interrupt in service")
};

// The 16-bit field that virtualizes UINV; only the low byte has a meaning.
struct GuestUinv : Register<GuestUinv, std::uint16_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "user-interrupt notification vector")
};

} // namespace nadir::arch
