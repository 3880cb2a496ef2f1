// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// User interrupts. [SDM3 "User Interrupts"] (chapter of the same name)
// IA32_UINTR_RR (a bit per vector) and IA32_UINTR_HANDLER (a linear address) are plain integers.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct UintrStackAdjust : Register<UintrStackAdjust, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(load_rsp, 0, "1: RSP is loaded with the operand; 0: the operand is subtracted from it")
    NADIR_ADDRESS(operand, 63, 3, "new stack pointer, or bytes to leave untouched")
};

struct UintrMisc : Register<UintrMisc, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, target_table_size, 31, 0, "highest index of the target table (UITTSZ)")
    NADIR_FIELD(std::uint8_t, notification_vector, 39, 32, "vector whose interrupts are notifications (UINV)")
};

struct UintrPostedDescriptor : Register<UintrPostedDescriptor, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_ADDRESS(address, 63, 6, "linear address of the user posted-interrupt descriptor (UPIDADDR)")
};

struct UintrTargetTable : Register<UintrTargetTable, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(senduipi_enable, 0, "SENDUIPI is enabled")
    NADIR_ADDRESS(address, 63, 4, "linear address of the target table (UITTADDR)")
};

// The user posted-interrupt descriptor, 16 bytes: this, then one request bit per user vector.
struct UserPostedInterruptControl : Register<UserPostedInterruptControl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(outstanding_notification, 0, "a notification was sent and not yet taken")
    NADIR_BIT(suppress_notification, 1, "no notifications")
    NADIR_FIELD(std::uint8_t, notification_vector, 23, 16, "vector of the notification")
    NADIR_FIELD(std::uint32_t, notification_destination, 63, 32, "APIC identifier of the target")
};

struct UserPostedInterruptDescriptor {
    UserPostedInterruptControl control;
    std::uint64_t requests = 0;
};
static_assert(sizeof(UserPostedInterruptDescriptor) == 16);

} // namespace nadir::arch
