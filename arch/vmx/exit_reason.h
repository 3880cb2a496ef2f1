// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Why the processor left VMX non-root operation. [SDM3 "Basic VM-Exit Information"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

enum class BasicExitReason : std::uint16_t {
#define NADIR_EXIT_REASON(name, number, words) name = number,
#include "arch/vmx/exit_reasons.inc"
#undef NADIR_EXIT_REASON
};

struct ExitReasonName {
    BasicExitReason reason;
    std::string_view name;  // identifier, as in the enum
    std::string_view words; // for people
};

inline constexpr ExitReasonName exit_reason_names[] = {
#define NADIR_EXIT_REASON(name, number, words) {BasicExitReason::name, #name, words},
#include "arch/vmx/exit_reasons.inc"
#undef NADIR_EXIT_REASON
};

// In words; "unknown exit reason" for a number that the manual of this edition doesn't have.
constexpr std::string_view exit_reason_name(BasicExitReason reason) {
    for (const ExitReasonName& entry : exit_reason_names) {
        if (entry.reason == reason) {
            return entry.words;
        }
    }
    return "unknown exit reason";
}

constexpr std::string_view name_of(BasicExitReason reason) { return exit_reason_name(reason); }

struct ExitReason : Register<ExitReason, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(BasicExitReason, basic, 15, 0, "basic exit reason")
    NADIR_BIT(prematurely_busy_shadow_stack, 25, "event delivery left a shadow stack busy")
    NADIR_BIT(bus_lock, 26, "a bus lock was held at the exit")
    NADIR_BIT(enclave_mode, 27, "the exit came from enclave mode")
    NADIR_BIT(pending_mtf, 28, "an SMM VM exit came with a monitor-trap-flag exit pending")
    NADIR_BIT(from_root, 29, "an SMM VM exit came from VMX root operation")
    NADIR_BIT(entry_failure, 31, "VM-entry failure")
};

} // namespace nadir::arch
