// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Structures in memory that VMX instructions and transitions use.
#pragma once

#include "arch/register.h"

#include <cstddef>

namespace nadir::arch {

// The first four bytes of a VMCS region. [SDM3 "Format of the VMCS Region"]
struct VmcsRevision : Register<VmcsRevision, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, identifier, 30, 0, "VMCS revision identifier, as in IA32_VMX_BASIC")
    NADIR_BIT(shadow, 31, "this is a shadow VMCS; 0 in a VMXON region")
};

// The head of a VMXON or VMCS region; what follows is the processor's own.
struct VmcsRegionHeader {
    VmcsRevision revision;
    std::uint32_t abort_indicator = 0; // VMX abort: why. VMCS only.
};
static_assert(sizeof(VmcsRegionHeader) == 8);

// Written to the abort indicator. [SDM3 "VMX Aborts"]
enum class VmxAbort : std::uint32_t {
    none = 0,
    guest_msr_saving = 1,
    host_pdpte = 2,
    vmcs_corrupted = 3,
    host_msr_loading = 4,
    machine_check = 5,
    ia32e_mode_mismatch = 6,
};

constexpr std::string_view name_of(VmxAbort reason) {
    switch (reason) {
    case VmxAbort::none: return "none";
    case VmxAbort::guest_msr_saving: return "guest MSRs could not be saved";
    case VmxAbort::host_pdpte: return "the host's PDPTEs are invalid";
    case VmxAbort::vmcs_corrupted: return "the VMCS was corrupted";
    case VmxAbort::host_msr_loading: return "host MSRs could not be loaded";
    case VmxAbort::machine_check: return "machine check during the VM exit";
    case VmxAbort::ia32e_mode_mismatch: return "in IA-32e mode, but the exit is to a 32-bit host";
    }
    return {};
}

// An entry of the VM-exit MSR-store, VM-exit MSR-load and VM-entry MSR-load areas; these are 16-byte aligned.
// [SDM3 "VM-Exit Controls for MSRs"]
struct MsrListEntry {
    std::uint32_t index = 0;
    std::uint32_t reserved = 0;
    std::uint64_t value = 0;
};
static_assert(sizeof(MsrListEntry) == 16 && offsetof(MsrListEntry, value) == 8);

// The page that an EPT violation's #VE fills. [SDM3 "Virtualization Exceptions"]
struct VirtualizationExceptionInformation {
    std::uint32_t exit_reason = 0;   // 48: EPT violation
    std::uint32_t busy = 0;          // FFFFFFFFH when filled; while not 0, violations cause VM exits
    std::uint64_t qualification = 0; // EptViolationQualification
    std::uint64_t guest_linear_address = 0;
    std::uint64_t guest_physical_address = 0;
    std::uint16_t eptp_index = 0;

    static constexpr std::uint32_t busy_value = 0xFFFFFFFF;
};
static_assert(offsetof(VirtualizationExceptionInformation, eptp_index) == 32);

// An entry of the page-modification log: guest-physical address of the page. [SDM3 "Page-Modification Logging"]
inline constexpr unsigned page_modification_log_entries = 512;
// The list of VM function 0. [SDM3 "EPTP Switching"]
inline constexpr unsigned eptp_list_entries = 512;

// The TPR-threshold field. It is compared with bits 7:4 of the virtual TPR. [SDM3 "TPR Virtualization"]
struct TprThreshold : Register<TprThreshold, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, threshold, 3, 0, "VM exit when bits 7:4 of the virtual TPR fall below this")
};

} // namespace nadir::arch
