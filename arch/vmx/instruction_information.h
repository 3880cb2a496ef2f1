// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What the VM-exit instruction-information field says, one type per group of instructions.
// [SDM3 "VM-Exit Instruction-Information Field"]
// Fields that are meaningless for the operand at hand (a segment, where the operand is a register) hold anything.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

enum class AddressSize : std::uint8_t { bits16 = 0, bits32 = 1, bits64 = 2 };
enum class OperandSize : std::uint8_t { bits16 = 0, bits32 = 1, bits64 = 2 };
enum class SegmentRegister : std::uint8_t { es = 0, cs = 1, ss = 2, ds = 3, fs = 4, gs = 5 };
enum class DescriptorTableInstruction : std::uint8_t { sgdt = 0, sidt = 1, lgdt = 2, lidt = 3 };
enum class SystemSegmentInstruction : std::uint8_t { sldt = 0, str = 1, lldt = 2, ltr = 3 };

constexpr std::string_view name_of(AddressSize size) {
    constexpr std::string_view names[] = {"16-bit", "32-bit", "64-bit"};
    return static_cast<std::uint8_t>(size) < 3 ? names[static_cast<std::uint8_t>(size)] : std::string_view{};
}
constexpr std::string_view name_of(OperandSize size) { return name_of(static_cast<AddressSize>(size)); }
constexpr std::string_view name_of(SegmentRegister segment) {
    constexpr std::string_view names[] = {"ES", "CS", "SS", "DS", "FS", "GS"};
    return static_cast<std::uint8_t>(segment) < 6 ? names[static_cast<std::uint8_t>(segment)] : std::string_view{};
}
constexpr std::string_view name_of(DescriptorTableInstruction instruction) {
    constexpr std::string_view names[] = {"SGDT", "SIDT", "LGDT", "LIDT"};
    return names[static_cast<std::uint8_t>(instruction) & 3];
}
constexpr std::string_view name_of(SystemSegmentInstruction instruction) {
    constexpr std::string_view names[] = {"SLDT", "STR", "LLDT", "LTR"};
    return names[static_cast<std::uint8_t>(instruction) & 3];
}

// INS, OUTS.
struct StringIoInformation : Register<StringIoInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(AddressSize, address_size, 9, 7, "address size")
    NADIR_FIELD(SegmentRegister, segment, 17, 15, "segment (OUTS)")
};

// INVEPT, INVPCID, INVVPID; VMCLEAR, VMPTRLD, VMPTRST, VMXON, XRSTORS, XSAVES (these without register2).
struct MemoryOperandInformation : Register<MemoryOperandInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, scaling, 1, 0, "the index is shifted left by this")
    NADIR_FIELD(AddressSize, address_size, 9, 7, "address size")
    NADIR_FIELD(SegmentRegister, segment, 17, 15, "segment")
    NADIR_FIELD(std::uint8_t, index_register, 21, 18, "index register")
    NADIR_BIT(index_invalid, 22, "there is no index register")
    NADIR_FIELD(std::uint8_t, base_register, 26, 23, "base register")
    NADIR_BIT(base_invalid, 27, "there is no base register")
    NADIR_FIELD(std::uint8_t, register2, 31, 28, "register operand (INVEPT, INVPCID, INVVPID: the type)")
};

// LGDT, LIDT, SGDT, SIDT.
struct DescriptorTableInformation : Register<DescriptorTableInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, scaling, 1, 0, "the index is shifted left by this")
    NADIR_FIELD(AddressSize, address_size, 9, 7, "address size")
    NADIR_BIT(operand_32, 11, "0: 16-bit operand; 1: 32-bit (outside 64-bit mode)")
    NADIR_FIELD(SegmentRegister, segment, 17, 15, "segment")
    NADIR_FIELD(std::uint8_t, index_register, 21, 18, "index register")
    NADIR_BIT(index_invalid, 22, "there is no index register")
    NADIR_FIELD(std::uint8_t, base_register, 26, 23, "base register")
    NADIR_BIT(base_invalid, 27, "there is no base register")
    NADIR_FIELD(DescriptorTableInstruction, instruction, 29, 28, "instruction")
};

// LLDT, LTR, SLDT, STR.
struct SystemSegmentInformation : Register<SystemSegmentInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, scaling, 1, 0, "the index is shifted left by this")
    NADIR_FIELD(std::uint8_t, register1, 6, 3, "register operand")
    NADIR_FIELD(AddressSize, address_size, 9, 7, "address size")
    NADIR_BIT(is_register, 10, "0: memory operand; 1: register operand")
    NADIR_FIELD(SegmentRegister, segment, 17, 15, "segment")
    NADIR_FIELD(std::uint8_t, index_register, 21, 18, "index register")
    NADIR_BIT(index_invalid, 22, "there is no index register")
    NADIR_FIELD(std::uint8_t, base_register, 26, 23, "base register")
    NADIR_BIT(base_invalid, 27, "there is no base register")
    NADIR_FIELD(SystemSegmentInstruction, instruction, 29, 28, "instruction")
};

// VMREAD, VMWRITE.
struct VmreadInformation : Register<VmreadInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, scaling, 1, 0, "the index is shifted left by this")
    NADIR_FIELD(std::uint8_t, register1, 6, 3, "register operand for the value")
    NADIR_FIELD(AddressSize, address_size, 9, 7, "address size")
    NADIR_BIT(is_register, 10, "0: the value is in memory; 1: in a register")
    NADIR_FIELD(SegmentRegister, segment, 17, 15, "segment")
    NADIR_FIELD(std::uint8_t, index_register, 21, 18, "index register")
    NADIR_BIT(index_invalid, 22, "there is no index register")
    NADIR_FIELD(std::uint8_t, base_register, 26, 23, "base register")
    NADIR_BIT(base_invalid, 27, "there is no base register")
    NADIR_FIELD(std::uint8_t, register2, 31, 28, "register with the field's encoding")
};

// RDRAND, RDSEED, TPAUSE, UMWAIT.
struct RegisterOperandInformation : Register<RegisterOperandInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, operand, 6, 3, "register operand")
    NADIR_FIELD(OperandSize, operand_size, 12, 11, "operand size")
};

// LOADIWKEY.
struct LoadiwkeyInformation : Register<LoadiwkeyInformation, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, register1, 6, 3, "first XMM operand")
    NADIR_FIELD(std::uint8_t, register2, 31, 28, "second XMM operand")
};

} // namespace nadir::arch
