// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/instruction_error.h"
#include "arch/vmx/instruction_information.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace nadir::arch;

static_assert(static_cast<int>(BasicExitReason::cpuid) == 10 && static_cast<int>(BasicExitReason::xsetbv) == 55);
static_assert(static_cast<int>(BasicExitReason::ept_violation) == 48);
static_assert(static_cast<int>(BasicExitReason::entry_failure_guest_state) == 33);

TEST(ExitReason, Parts) {
    constexpr ExitReason failed{0x80000021};
    EXPECT_EQ(failed.basic(), BasicExitReason::entry_failure_guest_state);
    EXPECT_TRUE(failed.entry_failure());
    EXPECT_FALSE(ExitReason{10}.entry_failure());
    EXPECT_TRUE(ExitReason{0x0400000A}.bus_lock());
    EXPECT_TRUE(ExitReason{0x0800000A}.enclave_mode());
    EXPECT_FALSE(ExitReason{0x40000000}.valid());
}

TEST(ExitReason, Names) {
    std::set<std::string_view> names;
    std::set<std::string_view> words;
    std::uint16_t highest = 0;
    for (const ExitReasonName& entry : exit_reason_names) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        EXPECT_TRUE(words.insert(entry.words).second) << entry.words;
        EXPECT_EQ(exit_reason_name(entry.reason), entry.words);
        EXPECT_GE(static_cast<std::uint16_t>(entry.reason), highest) << "in order";
        highest = static_cast<std::uint16_t>(entry.reason);
    }
    EXPECT_EQ(names.size(), 80u);
    EXPECT_EQ(exit_reason_name(BasicExitReason{35}), "unknown exit reason");
    EXPECT_EQ(exit_reason_name(BasicExitReason{0xFFFF}), "unknown exit reason");
}

TEST(InstructionError, EveryNumberOfTheManual) {
    for (std::uint32_t number = 1; number <= 28; ++number) {
        const bool unused = number == 14 || number == 21 || number == 27;
        EXPECT_EQ(name_of(InstructionError{number}) == "unknown VM-instruction error", unused) << number;
    }
    EXPECT_EQ(name_of(InstructionError{29}), "unknown VM-instruction error");
    EXPECT_EQ(static_cast<int>(InstructionError::entry_invalid_control), 7);
    EXPECT_EQ(static_cast<int>(InstructionError::entry_invalid_host_state), 8);
    EXPECT_EQ(static_cast<int>(InstructionError::entry_blocked_by_mov_ss), 26);
}

TEST(ExitQualification, ControlRegisterAccess) {
    constexpr CrAccessQualification to_cr4{0x004}; // MOV CR4, RAX
    EXPECT_EQ(to_cr4.control_register(), 4);
    EXPECT_EQ(to_cr4.access_type(), CrAccessType::mov_to_cr);
    EXPECT_EQ(to_cr4.general_register(), 0);
    constexpr CrAccessQualification from_cr3{0xF13}; // MOV R15, CR3
    EXPECT_EQ(from_cr3.control_register(), 3);
    EXPECT_EQ(from_cr3.access_type(), CrAccessType::mov_from_cr);
    EXPECT_EQ(from_cr3.general_register(), 15);
    EXPECT_EQ(CrAccessQualification{0x20}.access_type(), CrAccessType::clts);
    constexpr CrAccessQualification lmsw{0x12340070};
    EXPECT_EQ(lmsw.access_type(), CrAccessType::lmsw);
    EXPECT_TRUE(lmsw.lmsw_memory());
    EXPECT_EQ(lmsw.lmsw_source(), 0x1234);
}

TEST(ExitQualification, InputAndOutput) {
    constexpr IoQualification out_e9{0x00E90040}; // OUT E9H, AL
    EXPECT_EQ(out_e9.port(), 0xE9);
    EXPECT_EQ(out_e9.size(), 1u);
    EXPECT_TRUE(out_e9.immediate());
    EXPECT_FALSE(out_e9.in() || out_e9.string() || out_e9.rep());
    constexpr IoQualification rep_insd{0x01F0003B};
    EXPECT_EQ(rep_insd.port(), 0x1F0);
    EXPECT_EQ(rep_insd.size(), 4u);
    EXPECT_TRUE(rep_insd.in() && rep_insd.string() && rep_insd.rep());
}

TEST(ExitQualification, EptViolation) {
    constexpr EptViolationQualification write{0x19A}; // write, readable and writable, linear address, final
    EXPECT_TRUE(write.write() && write.readable() && write.writable());
    EXPECT_FALSE(write.read() || write.fetch() || write.executable());
    EXPECT_TRUE(write.linear_address_valid() && write.final_translation());
    EXPECT_TRUE(EptViolationQualification{0x1000}.nmi_unblocking());
}

TEST(ExitQualification, Others) {
    EXPECT_EQ(DrAccessQualification{0x317}.debug_register(), 7);
    EXPECT_TRUE(DrAccessQualification{0x317}.from_dr());
    EXPECT_EQ(DrAccessQualification{0x317}.general_register(), 3);
    EXPECT_EQ(TaskSwitchQualification{0xC0000028}.selector(), 0x28);
    EXPECT_EQ(TaskSwitchQualification{0xC0000028}.source(), TaskSwitchSource::task_gate);
    EXPECT_TRUE(DebugQualification{0x4000}.bs());
    EXPECT_EQ(ApicAccessQualification{0x10B0}.offset(), 0xB0);
    EXPECT_EQ(ApicAccessQualification{0x10B0}.type(), ApicAccessType::linear_write);
    EXPECT_EQ(StartupQualification{0x9A}.vector(), 0x9A);
    EXPECT_EQ(name_of(EntryFailureQualification{4}), "the VMCS link pointer");
}

TEST(InstructionInformation, Parts) {
    constexpr MemoryOperandInformation invept{(2u << 28) | (1u << 27) | (4u << 18) | (3u << 15) | (2u << 7) | 3u};
    EXPECT_EQ(invept.register2(), 2);
    EXPECT_TRUE(invept.base_invalid());
    EXPECT_FALSE(invept.index_invalid());
    EXPECT_EQ(invept.index_register(), 4);
    EXPECT_EQ(invept.segment(), SegmentRegister::ds);
    EXPECT_EQ(invept.address_size(), AddressSize::bits64);
    EXPECT_EQ(invept.scaling(), 3);
    EXPECT_EQ(DescriptorTableInformation{3u << 28}.instruction(), DescriptorTableInstruction::lidt);
    EXPECT_EQ(SystemSegmentInformation{2u << 28}.instruction(), SystemSegmentInstruction::lldt);
    EXPECT_EQ(RegisterOperandInformation{(5u << 3) | (2u << 11)}.operand(), 5);
    EXPECT_EQ(RegisterOperandInformation{(5u << 3) | (2u << 11)}.operand_size(), OperandSize::bits64);
    EXPECT_TRUE(VmreadInformation{0x400}.is_register());
}

} // namespace
