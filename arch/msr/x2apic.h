// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Local APIC registers that a hypervisor looks at, in their x2APIC form.
// [SDM3 "Advanced Programmable Interrupt Controller (APIC)"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

enum class DeliveryMode : std::uint8_t {
    fixed = 0,
    lowest_priority = 1,
    smi = 2,
    nmi = 4,
    init = 5,
    startup = 6,
    external = 7,
};

constexpr std::string_view name_of(DeliveryMode mode) {
    switch (mode) {
    case DeliveryMode::fixed: return "fixed";
    case DeliveryMode::lowest_priority: return "lowest priority";
    case DeliveryMode::smi: return "SMI";
    case DeliveryMode::nmi: return "NMI";
    case DeliveryMode::init: return "INIT";
    case DeliveryMode::startup: return "start-up";
    case DeliveryMode::external: return "ExtINT";
    }
    return {};
}

enum class DestinationShorthand : std::uint8_t { none = 0, self = 1, all = 2, others = 3 };

constexpr std::string_view name_of(DestinationShorthand shorthand) {
    constexpr std::string_view names[] = {"none", "self", "all", "all but self"};
    return names[static_cast<std::uint8_t>(shorthand) & 3];
}

// Interrupt command register. In xAPIC mode the destination is in bits 63:56.
struct X2apicIcr : Register<X2apicIcr, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "vector (start-up: page number)")
    NADIR_FIELD(DeliveryMode, delivery_mode, 10, 8, "delivery mode")
    NADIR_BIT(logical, 11, "0: physical destination; 1: logical")
    NADIR_BIT(assert_level, 14, "0: de-assert (INIT only); 1: assert")
    NADIR_BIT(level_triggered, 15, "0: edge; 1: level")
    NADIR_FIELD(DestinationShorthand, shorthand, 19, 18, "destination shorthand")
    NADIR_FIELD(std::uint32_t, destination, 63, 32, "destination")
};

// An entry of the local vector table; the timer has `timer_mode`, LINT0 and LINT1 `low_active` and `level_triggered`.
struct LocalVector : Register<LocalVector, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "vector")
    NADIR_FIELD(DeliveryMode, delivery_mode, 10, 8, "delivery mode")
    NADIR_BIT(pending, 12, "delivery is pending")
    NADIR_BIT(low_active, 13, "the pin is active low")
    NADIR_BIT(remote_irr, 14, "a level-triggered interrupt is being served")
    NADIR_BIT(level_triggered, 15, "0: edge; 1: level")
    NADIR_BIT(masked, 16, "masked")
    NADIR_FIELD(std::uint8_t, timer_mode, 18, 17, "0: one-shot; 1: periodic; 2: TSC deadline")
};

struct SpuriousVector : Register<SpuriousVector, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "spurious vector")
    NADIR_BIT(enable, 8, "the local APIC is enabled by software")
    NADIR_BIT(focus_disabled, 9, "no focus processor checking")
    NADIR_BIT(eoi_broadcast_suppressed, 12, "no end-of-interrupt broadcasts")
};

struct ApicErrors : Register<ApicErrors, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(send_checksum, 0, "checksum error on sending")
    NADIR_BIT(receive_checksum, 1, "checksum error on receiving")
    NADIR_BIT(send_accept, 2, "nobody accepted the message")
    NADIR_BIT(receive_accept, 3, "the message was not accepted here")
    NADIR_BIT(redirectable_ipi, 4, "lowest-priority interprocessor interrupts are not supported")
    NADIR_BIT(send_illegal_vector, 5, "illegal vector sent")
    NADIR_BIT(receive_illegal_vector, 6, "illegal vector received")
    NADIR_BIT(illegal_register, 7, "illegal register address")
};

} // namespace nadir::arch
