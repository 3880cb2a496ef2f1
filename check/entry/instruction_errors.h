// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Why a VMX instruction failed, before or beside the rules of VM entry: VM-instruction errors 1 to 28, VMfailInvalid, and the
// faults of VMXON. What the manual says, what is usually behind it, and what to do.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nadir::check {

enum class VmxInstruction : std::uint8_t {
    any,
    invept,
    invvpid,
    vmcall,
    vmclear,
    vmlaunch,
    vmptrld,
    vmptrst,
    vmread,
    vmresume,
    vmwrite,
    vmxoff,
    vmxon,
};

// "VMXON"; "any" for any.
std::string_view name_of(VmxInstruction instruction);

// How an instruction says that it failed. [SDM3 "Conventions"]
enum class VmxFailure : std::uint8_t {
    valid,              // VMfailValid: ZF is 1, the VM-instruction error field has the number
    invalid,            // VMfailInvalid: CF is 1, there is no current VMCS to hold a number
    general_protection, // #GP(0)
    undefined_opcode,   // #UD
};

struct InstructionErrorAdvice {
    VmxFailure failure;
    std::uint8_t number; // of VMfailValid; else 0
    VmxInstruction instruction;
    std::string_view rule;    // what the instruction demands
    std::string_view causes;  // what is usually behind it
    std::string_view advice;  // what to do
    std::string_view section; // of the manual
};

// All of it; an error may have a row per instruction, and those without a meaning (14, 21, 27) have none.
std::span<const InstructionErrorAdvice> instruction_error_advice();

constexpr bool applies_to(const InstructionErrorAdvice& advice, VmxInstruction instruction) {
    return instruction == VmxInstruction::any || advice.instruction == VmxInstruction::any ||
           advice.instruction == instruction;
}

} // namespace nadir::check
