// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Exit qualifications of memory accesses. [SDM3 "Exit Qualification for EPT Violations"], [SDM3 "APIC-Access VM Exits"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// Also the qualification in a #VE's information area.
struct EptViolationQualification : Register<EptViolationQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(read, 0, "the access was a read")
    NADIR_BIT(write, 1, "the access was a write")
    NADIR_BIT(fetch, 2, "the access was an instruction fetch")
    NADIR_BIT(readable, 3, "EPT allows reads there")
    NADIR_BIT(writable, 4, "EPT allows writes there")
    NADIR_BIT(executable, 5, "EPT allows fetches there (with mode-based execution: from supervisor addresses)")
    NADIR_BIT(user_executable, 6, "EPT allows fetches from user addresses there (with mode-based execution)")
    NADIR_BIT(linear_address_valid, 7, "the guest-linear-address field is valid")
    NADIR_BIT(final_translation, 8, "1: the access itself; 0: the guest's paging structures on the way to it")
    NADIR_BIT(user_address, 9, "the guest's paging calls it a user address (advanced information)")
    NADIR_BIT(guest_writable, 10, "the guest's paging allows writes (advanced information)")
    NADIR_BIT(guest_execute_disable, 11, "the guest's paging forbids fetches (advanced information)")
    NADIR_BIT(nmi_unblocking, 12, "IRET had removed NMI blocking")
    NADIR_BIT(shadow_stack_access, 13, "the access was a shadow-stack access")
    NADIR_BIT(supervisor_shadow_stack, 14, "EPT calls it a supervisor shadow-stack page")
    NADIR_BIT(guest_paging_verification, 15, "guest-paging verification failed")
    NADIR_BIT(asynchronous, 16, "the access was asynchronous to instructions (trace output, posted interrupt)")
};

enum class ApicAccessType : std::uint8_t {
    linear_read = 0,
    linear_write = 1,
    linear_fetch = 2,
    linear_event_delivery = 3,
    physical_event_delivery = 10,
    physical_instruction = 15,
};

constexpr std::string_view name_of(ApicAccessType type) {
    switch (type) {
    case ApicAccessType::linear_read: return "linear access: data read";
    case ApicAccessType::linear_write: return "linear access: data write";
    case ApicAccessType::linear_fetch: return "linear access: instruction fetch";
    case ApicAccessType::linear_event_delivery: return "linear access during event delivery";
    case ApicAccessType::physical_event_delivery: return "guest-physical access during event delivery";
    case ApicAccessType::physical_instruction: return "guest-physical access of an instruction";
    }
    return {};
}

struct ApicAccessQualification : Register<ApicAccessQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, offset, 11, 0, "offset in the APIC page (linear accesses)")
    NADIR_FIELD(ApicAccessType, type, 15, 12, "kind of access")
    NADIR_BIT(asynchronous, 16, "the access was asynchronous to instructions")
};

struct SubPageQualification : Register<SubPageQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(miss, 11, "1: sub-page permission table miss; 0: misconfiguration")
    NADIR_BIT(nmi_unblocking, 12, "IRET had removed NMI blocking")
};

// Page-modification log full.
struct LogFullQualification : Register<LogFullQualification, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(nmi_unblocking, 12, "IRET had removed NMI blocking")
};

} // namespace nadir::arch
