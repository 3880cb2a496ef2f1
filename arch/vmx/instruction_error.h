// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What VMfailValid leaves in the VM-instruction error field. [SDM3 "VM Instruction Error Numbers"]
// Three numbers (14, 21, 27) have no meaning.
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::arch {

enum class InstructionError : std::uint32_t {
    none = 0,
    vmcall_in_root = 1,
    vmclear_invalid_address = 2,
    vmclear_vmxon_pointer = 3,
    vmlaunch_not_clear = 4,
    vmresume_not_launched = 5,
    vmresume_after_vmxoff = 6,
    entry_invalid_control = 7,
    entry_invalid_host_state = 8,
    vmptrld_invalid_address = 9,
    vmptrld_vmxon_pointer = 10,
    vmptrld_wrong_revision = 11,
    unsupported_component = 12,
    read_only_component = 13,
    vmxon_in_root = 15,
    entry_invalid_executive_pointer = 16,
    entry_executive_not_launched = 17,
    entry_executive_not_vmxon_pointer = 18,
    vmcall_not_clear = 19,
    vmcall_invalid_exit_controls = 20,
    vmcall_wrong_mseg_revision = 22,
    vmxoff_dual_monitor = 23,
    vmcall_invalid_smm_features = 24,
    entry_invalid_executive_controls = 25,
    entry_blocked_by_mov_ss = 26,
    invalid_invalidation_operand = 28,
};

constexpr std::string_view name_of(InstructionError error) {
    switch (error) {
    case InstructionError::none: return "no error";
    case InstructionError::vmcall_in_root: return "VMCALL was executed in VMX root operation";
    case InstructionError::vmclear_invalid_address: return "VMCLEAR: the address is misaligned or too wide";
    case InstructionError::vmclear_vmxon_pointer: return "VMCLEAR: the address is that of the VMXON region";
    case InstructionError::vmlaunch_not_clear: return "VMLAUNCH: the VMCS is not clear (VMCLEAR it, or use VMRESUME)";
    case InstructionError::vmresume_not_launched: return "VMRESUME: the VMCS was not launched (use VMLAUNCH)";
    case InstructionError::vmresume_after_vmxoff: return "VMRESUME: VMXOFF and VMXON came between launch and resume";
    case InstructionError::entry_invalid_control: return "VM entry: a VM-execution, exit or entry control is invalid";
    case InstructionError::entry_invalid_host_state: return "VM entry: a host-state field is invalid";
    case InstructionError::vmptrld_invalid_address: return "VMPTRLD: the address is misaligned or too wide";
    case InstructionError::vmptrld_vmxon_pointer: return "VMPTRLD: the address is that of the VMXON region";
    case InstructionError::vmptrld_wrong_revision: return "VMPTRLD: the region has another VMCS revision identifier";
    case InstructionError::unsupported_component: return "VMREAD or VMWRITE: this processor has no such VMCS field";
    case InstructionError::read_only_component: return "VMWRITE: the VMCS field is read-only";
    case InstructionError::vmxon_in_root: return "VMXON was executed in VMX root operation";
    case InstructionError::entry_invalid_executive_pointer: return "VM entry: the executive-VMCS pointer is invalid";
    case InstructionError::entry_executive_not_launched: return "VM entry: the executive VMCS was not launched";
    case InstructionError::entry_executive_not_vmxon_pointer:
        return "VM entry: the executive-VMCS pointer is not the VMXON pointer (deactivating dual-monitor treatment)";
    case InstructionError::vmcall_not_clear: return "VMCALL: the VMCS is not clear (activating dual-monitor treatment)";
    case InstructionError::vmcall_invalid_exit_controls: return "VMCALL: the VM-exit controls are invalid";
    case InstructionError::vmcall_wrong_mseg_revision: return "VMCALL: MSEG has another revision identifier";
    case InstructionError::vmxoff_dual_monitor: return "VMXOFF under dual-monitor treatment of SMIs";
    case InstructionError::vmcall_invalid_smm_features: return "VMCALL: the SMM monitor asks for unknown features";
    case InstructionError::entry_invalid_executive_controls:
        return "VM entry: the executive VMCS has invalid VM-execution controls (returning from SMM)";
    case InstructionError::entry_blocked_by_mov_ss: return "VM entry directly after MOV SS or POP SS";
    case InstructionError::invalid_invalidation_operand: return "INVEPT or INVVPID: the type or descriptor is invalid";
    }
    return "unknown VM-instruction error";
}

} // namespace nadir::arch
