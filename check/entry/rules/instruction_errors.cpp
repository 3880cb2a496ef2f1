// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "check/entry/instruction_errors.h"

namespace nadir::check {

namespace {

using enum VmxInstruction;
using enum VmxFailure;

constexpr std::string_view numbers = "SDM3 \"VM Instruction Error Numbers\"";
constexpr std::string_view entry_basics = "SDM3 \"Basic VM-Entry Checks\"";
constexpr std::string_view smm_entry = "SDM3 \"VM Entries that Return from SMM\"";
constexpr std::string_view smm_call = "SDM3 \"VMCALL to Activate Dual-Monitor Treatment\"";
constexpr std::string_view dual_monitor =
    "Only an SMI-transfer monitor does this; elsewhere the VMCS or the instruction is not the one that was meant";

constexpr InstructionErrorAdvice table[] = {
    {valid, 1, vmcall, "VMCALL is for the guest; in VMX root operation it fails",
     "The hypervisor itself ran VMCALL: code shared with the guest, or a guest that was never launched",
     "Look at where VMCALL was run: was VMLAUNCH successful before?", numbers},
    {valid, 2, vmclear,
     "the address is aligned to 4 KiB and has no bits beyond the physical-address width (beyond bit 31, where "
     "IA32_VMX_BASIC[48] is 1)",
     "The operand is the address of a variable that holds the physical address; a virtual address stands in that variable, or "
     "the region is not aligned",
     "Pass a pointer to a variable with the physical address of the VMCS region", "SDM3 \"VMX Instructions\": VMCLEAR"},
    {valid, 3, vmclear, "the address is not that of the VMXON region",
     "One region serves both as VMXON region and as VMCS",
     "Allocate a region of its own for each VMCS, and one for VMXON", "SDM3 \"VMX Instructions\": VMCLEAR"},
    {valid, 4, vmlaunch, "the launch state of the current VMCS is \"clear\"",
     "The VMCS has been launched before (use VMRESUME), or it was never cleared since its memory was allocated",
     "VMCLEAR, then VMPTRLD, before the first VMLAUNCH; VMRESUME after it", entry_basics},
    {valid, 5, vmresume, "the launch state of the current VMCS is \"launched\"",
     "VMCLEAR was run since the launch (a move to another processor needs it), or VMLAUNCH never succeeded",
     "Keep a flag per VMCS: VMLAUNCH after each VMCLEAR, VMRESUME after a successful VMLAUNCH", entry_basics},
    {valid, 6, vmresume, "VMX operation was not left between VMLAUNCH and VMRESUME",
     "VMXOFF and VMXON came in between, for instance when the system slept",
     "VMCLEAR every VMCS before VMXOFF, and launch anew", entry_basics},
    {valid, 7, any,
     "the VM-execution, VM-exit and VM-entry control fields obey \"Checks on VMX Controls\" and agree with the capability MSRs",
     "A control that this processor doesn't have, or one that must be 1 and isn't (IA32_VMX_*_CTLS, the TRUE ones where "
     "IA32_VMX_BASIC[55] is 1); an EPTP with a wrong memory type or walk length; an event to inject without its error code",
     "Give the VMCS to `nadir explain`, with the capabilities of that processor: it names the rule and the bit",
     "SDM3 \"Checks on VMX Controls\""},
    {valid, 8, any, "the host-state fields obey \"Checks on the Host-State Area\"",
     "A host selector with RPL or TI bits, or TR or CS 0; CR0 or CR4 against IA32_VMX_CR0/4_FIXED; a base or RIP that isn't "
     "canonical; \"host address-space size\" other than the mode of the processor",
     "Give the VMCS to `nadir explain`: it names the field",
     "SDM3 \"Checks on Host Control Registers, MSRs, and SSP\""},
    {valid, 9, vmptrld,
     "the address is aligned to 4 KiB and has no bits beyond the physical-address width (beyond bit 31, where "
     "IA32_VMX_BASIC[48] is 1)",
     "A virtual address in place of the physical one, or the address of the region in place of a pointer to its address",
     "Pass a pointer to a variable with the physical address of the VMCS region", "SDM3 \"VMX Instructions\": VMPTRLD"},
    {valid, 10, vmptrld, "the address is not that of the VMXON region",
     "One region serves both as VMXON region and as VMCS",
     "Allocate a region of its own for each VMCS, and one for VMXON", "SDM3 \"VMX Instructions\": VMPTRLD"},
    {valid, 11, vmptrld,
     "bits 30:0 of the region's first 32 bits are the VMCS revision identifier (IA32_VMX_BASIC[30:0]); bit 31 is 1 only for a "
     "shadow VMCS, on a processor that has VMCS shadowing",
     "The identifier was not written, or memory was cleared after writing it; bit 31 is not masked out of IA32_VMX_BASIC",
     "Clear the whole page, write IA32_VMX_BASIC & 7FFFFFFFH to its first 4 bytes, then VMCLEAR and VMPTRLD",
     "SDM3 \"VMX Instructions\": VMPTRLD"},
    {valid, 12, vmread, "the processor has a VMCS field with this encoding",
     "The field came with a control that this processor lacks, or the encoding is wrong",
     "Ask the control's capability MSR first; `nadir list` has the encodings", numbers},
    {valid, 12, vmwrite, "the processor has a VMCS field with this encoding",
     "The field came with a control that this processor lacks, or the encoding is wrong",
     "Ask the control's capability MSR first; `nadir list` has the encodings", numbers},
    {valid, 13, vmwrite, "the field is not a read-only data field",
     "The exit information (reason, qualification, instruction length and so on) is written",
     "Leave it alone; where IA32_VMX_MISC[29] is 1, VMWRITE may write it", numbers},
    {valid, 15, vmxon, "the processor is not in VMX root operation already",
     "VMXON was run twice, or another hypervisor (KVM, Hyper-V) is in VMX operation on this processor",
     "Run VMXON once per processor; stop the other hypervisor first", "SDM3 \"VMX Instructions\": VMXON"},
    {valid, 16, any,
     "on a return from SMM, the executive-VMCS pointer is aligned and within the physical-address width", dual_monitor,
     "Look at the control \"entry to SMM\" and \"deactivate dual-monitor treatment\": both are 0 outside SMM",
     smm_entry},
    {valid, 17, any, "on a return from SMM, the executive VMCS was launched", dual_monitor,
     "Let the executive monitor launch it first", smm_entry},
    {valid, 18, any,
     "on a return from SMM that deactivates dual-monitor treatment, the executive-VMCS pointer is the VMXON pointer",
     dual_monitor, "Put the VMXON pointer into executive_vmcs_pointer", smm_entry},
    {valid, 19, vmcall, "when VMCALL activates dual-monitor treatment, the current VMCS is clear", dual_monitor,
     "VMCLEAR the VMCS before VMCALL", smm_call},
    {valid, 20, vmcall, "when VMCALL activates dual-monitor treatment, the VM-exit control fields are valid",
     dual_monitor, "Check exit_controls against IA32_VMX_EXIT_CTLS", smm_call},
    {valid, 22, vmcall, "the MSEG revision identifier is the one that IA32_VMX_MISC[63:32] says", dual_monitor,
     "Build the SMI-transfer monitor for this processor", smm_call},
    {valid, 23, vmxoff, "under dual-monitor treatment of SMIs, VMXOFF is not allowed", dual_monitor,
     "Deactivate dual-monitor treatment first", "SDM3 \"VMX Instructions\": VMXOFF"},
    {valid, 24, vmcall, "the SMM-monitor features field of MSEG has no reserved bit", dual_monitor,
     "Clear the reserved bits", smm_call},
    {valid, 25, any,
     "on a return from SMM to the executive monitor, the VM-execution controls of the executive VMCS are valid",
     dual_monitor, "Check the executive VMCS", smm_entry},
    {valid, 26, vmlaunch, "the instruction before is no MOV SS or POP SS",
     "Debug-exception blocking by MOV SS is still in force", "Put any other instruction in between", entry_basics},
    {valid, 26, vmresume, "the instruction before is no MOV SS or POP SS",
     "Debug-exception blocking by MOV SS is still in force", "Put any other instruction in between", entry_basics},
    {valid, 28, invept,
     "the type is one that IA32_VMX_EPT_VPID_CAP[26:25] offers, and the descriptor's EPTP would pass VM entry",
     "Type 1 or 2 isn't offered; bits 127:64 of the descriptor aren't 0; the EPTP has no memory type or walk length in it",
     "Take the EPTP as it is in the VMCS; fall back to type 2 (all contexts)", "SDM3 \"VMX Instructions\": INVEPT"},
    {valid, 28, invvpid,
     "the type is one that IA32_VMX_EPT_VPID_CAP[43:40] offers, and the VPID of the descriptor isn't 0",
     "VPID 0 with types 0, 1 or 3; bits 63:16 of the descriptor aren't 0; the linear address isn't canonical (type 0)",
     "Give a VPID from 1 on; fall back to type 2 (all contexts)", "SDM3 \"VMX Instructions\": INVVPID"},

    {invalid, 0, vmxon,
     "the region's address is aligned to 4 KiB and within the physical-address width, and bits 30:0 of its first 32 bits are "
     "the VMCS revision identifier (IA32_VMX_BASIC[30:0]) with bit 31 = 0",
     "The revision identifier was not written; a virtual address stands in the operand's variable; the region is not aligned",
     "Allocate an aligned page, write IA32_VMX_BASIC & 7FFFFFFFH to it, pass a pointer to a variable with its physical address",
     "SDM3 \"VMX Instructions\": VMXON"},
    {invalid, 0, vmlaunch, "there is a current VMCS",
     "No VMPTRLD was run on this processor, or VMCLEAR of this VMCS came after it; the thread moved to another processor",
     "VMPTRLD on the processor that enters, with preemption off until VMLAUNCH", entry_basics},
    {invalid, 0, vmresume, "there is a current VMCS",
     "No VMPTRLD was run on this processor, or VMCLEAR of this VMCS came after it; the thread moved to another processor",
     "VMPTRLD on the processor that enters, with preemption off until VMRESUME", entry_basics},
    {invalid, 0, vmread, "there is a current VMCS",
     "No VMPTRLD was run on this processor, or the current VMCS was cleared", "VMPTRLD first, on the same processor",
     numbers},
    {invalid, 0, vmwrite, "there is a current VMCS",
     "No VMPTRLD was run on this processor, or the current VMCS was cleared", "VMPTRLD first, on the same processor",
     numbers},
    {invalid, 0, any,
     "an error of this instruction is reported in the current VMCS's VM-instruction error field; without a current VMCS there is "
     "no number",
     "There is no current VMCS, and the operand is one that would have given a number (see the errors of this instruction)",
     "Look at the numbered errors of the instruction: --error N --instruction NAME", "SDM3 \"Conventions\""},

    {general_protection, 0, vmxon,
     "CPL is 0; IA32_FEATURE_CONTROL is locked with VMX on (bit 0 and bit 2; bit 1 in SMX operation); CR0 and CR4 agree with "
     "IA32_VMX_CR0_FIXED0/1 and IA32_VMX_CR4_FIXED0/1; A20M is off",
     "The firmware locked IA32_FEATURE_CONTROL with VMX off; or left it unlocked and nobody set bits 0 and 2; CR0.NE is 0",
     "Set VMX (Intel Virtualization Technology) on in the firmware's setup; on an unlocked processor write 5 to "
     "IA32_FEATURE_CONTROL; set CR0.NE. `nadir caps` says which it is",
     "SDM3 \"Enabling and Entering VMX Operation\""},
    {undefined_opcode, 0, vmxon,
     "CR4.VMXE is 1, CR0.PE is 1, RFLAGS.VM is 0, and the processor is not in compatibility mode",
     "CR4.VMXE was not set on this processor (each has its own CR4), or the processor has no VMX",
     "Set CR4.VMXE (bit 13) on the processor that runs VMXON; look for CPUID.1:ECX[5]",
     "SDM3 \"Enabling and Entering VMX Operation\""},
    {undefined_opcode, 0, any, "the processor is in VMX operation, and not in compatibility mode",
     "VMXON was not run on this processor, or it failed and nobody looked at CF and ZF",
     "Check the flags after VMXON, on every processor", "SDM3 \"Conventions\""},
};

} // namespace

std::string_view name_of(VmxInstruction instruction) {
    switch (instruction) {
    case any: return "any";
    case invept: return "INVEPT";
    case invvpid: return "INVVPID";
    case vmcall: return "VMCALL";
    case vmclear: return "VMCLEAR";
    case vmlaunch: return "VMLAUNCH";
    case vmptrld: return "VMPTRLD";
    case vmptrst: return "VMPTRST";
    case vmread: return "VMREAD";
    case vmresume: return "VMRESUME";
    case vmwrite: return "VMWRITE";
    case vmxoff: return "VMXOFF";
    case vmxon: return "VMXON";
    }
    return {};
}

std::span<const InstructionErrorAdvice> instruction_error_advice() { return table; }

} // namespace nadir::check
