// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Events as the VMCS describes them, and what holds them back.
// [SDM3 "VM-Entry Controls for Event Injection"], [SDM3 "Information for VM Exits Due to Vectored Events"],
// [SDM3 "Guest Non-Register State"]
#pragma once

#include "arch/exceptions.h"
#include "arch/register.h"

namespace nadir::arch {

enum class InterruptionType : std::uint8_t {
    external = 0,
    nmi = 2,
    hardware_exception = 3,
    software_interrupt = 4,            // INT n
    privileged_software_exception = 5, // INT1
    software_exception = 6,            // INT3, INTO
    other_event = 7,                   // pending MTF VM exit; with FRED: SYSCALL, SYSENTER
};

constexpr std::string_view name_of(InterruptionType type) {
    switch (type) {
    case InterruptionType::external: return "external interrupt";
    case InterruptionType::nmi: return "NMI";
    case InterruptionType::hardware_exception: return "hardware exception";
    case InterruptionType::software_interrupt: return "software interrupt";
    case InterruptionType::privileged_software_exception: return "privileged software exception";
    case InterruptionType::software_exception: return "software exception";
    case InterruptionType::other_event: return "other event";
    }
    return {};
}

// Events that an instruction asked for: injecting them needs the instruction's length.
constexpr bool is_software(InterruptionType type) {
    return type == InterruptionType::software_interrupt || type == InterruptionType::privileged_software_exception ||
           type == InterruptionType::software_exception;
}

// One format for four fields; bit 12 differs:
// exit information: NMI unblocking due to IRET; IDT-vectoring information: undefined; entry information: reserved.
struct InterruptionInformation : Register<InterruptionInformation, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, vector, 7, 0, "vector")
    NADIR_FIELD(InterruptionType, type, 10, 8, "type")
    NADIR_BIT(deliver_error_code, 11, "an error code goes with it")
    NADIR_BIT(nmi_unblocking, 12, "IRET had removed NMI blocking (exit information only)")
    NADIR_BIT(nested_exception, 13, "it came while another event was being delivered (FRED)")
    NADIR_BIT(valid, 31, "there is an event")

    // To be injected as it was reported: without the bits that the entry field must not have.
    [[nodiscard]] constexpr InterruptionInformation for_injection() const {
        return InterruptionInformation{value & (vector_mask | type_mask | deliver_error_code_mask | valid_mask)};
    }
    [[nodiscard]] constexpr bool is_exception(Vector exception) const {
        return valid() && type() == InterruptionType::hardware_exception &&
               vector() == static_cast<std::uint8_t>(exception);
    }
    static constexpr InterruptionInformation make(std::uint8_t vector, InterruptionType type, bool error_code = false) {
        return InterruptionInformation{}
            .set_vector(vector)
            .set_type(type)
            .set_deliver_error_code(error_code)
            .set_valid(true);
    }
    static constexpr InterruptionInformation exception(Vector vector) {
        return make(static_cast<std::uint8_t>(vector), InterruptionType::hardware_exception, has_error_code(vector));
    }
};

struct Interruptibility : Register<Interruptibility, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(blocking_by_sti, 0, "interrupts wait for the instruction after STI")
    NADIR_BIT(blocking_by_mov_ss, 1, "events wait for the instruction after MOV SS or POP SS")
    NADIR_BIT(blocking_by_smi, 2, "SMIs are blocked")
    NADIR_BIT(blocking_by_nmi, 3, "NMIs are blocked (virtual-NMI blocking under virtual NMIs)")
    NADIR_BIT(enclave_interruption, 4, "the exit came in enclave mode")

    [[nodiscard]] constexpr bool in_instruction_shadow() const { return blocking_by_sti() || blocking_by_mov_ss(); }
    constexpr Interruptibility& clear_instruction_shadow() {
        return set_blocking_by_sti(false).set_blocking_by_mov_ss(false);
    }
};

struct PendingDebugExceptions : Register<PendingDebugExceptions, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(b0, 0, "breakpoint 0 was met")
    NADIR_BIT(b1, 1, "breakpoint 1 was met")
    NADIR_BIT(b2, 2, "breakpoint 2 was met")
    NADIR_BIT(b3, 3, "breakpoint 3 was met")
    NADIR_BIT(bus_lock, 11, "a bus lock was held")
    NADIR_BIT(enabled_breakpoint, 12, "at least one enabled breakpoint was met")
    NADIR_BIT(bs, 14, "single step")
    NADIR_BIT(rtm, 16, "it came in an RTM region with advanced debugging")
};

enum class ActivityState : std::uint32_t { active = 0, hlt = 1, shutdown = 2, wait_for_sipi = 3 };

constexpr std::string_view name_of(ActivityState state) {
    switch (state) {
    case ActivityState::active: return "active";
    case ActivityState::hlt: return "HLT";
    case ActivityState::shutdown: return "shutdown";
    case ActivityState::wait_for_sipi: return "wait-for-SIPI";
    }
    return {};
}

} // namespace nadir::arch
