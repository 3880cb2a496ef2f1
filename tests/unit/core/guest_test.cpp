// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Moving the guest behind an instruction, and giving it events.
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using arch::InterruptionInformation;
using arch::InterruptionType;
using arch::Vector;

class Guest : public RootTest {};

constexpr uint64_t rf = 1 << 16;
constexpr uint64_t tf = 1 << 8;
constexpr uint64_t bs = 1 << 14;

TEST_F(Guest, AdvancesByTheInstructionsLength) {
    field(vmcs::exit_instruction_length) = 2;
    core::advance_guest();
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFFF'FFFF'8100'0002);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
}

TEST_F(Guest, WrapsAtFourGibOutside64BitModeOnly) {
    struct Case {
        bool l, lma;
        uint64_t from, to;
    };
    for (const Case& c : {Case{true, true, 0xFFFF'FFFE, 0x1'0000'0001}, // 64-bit mode
                          Case{false, true, 0xFFFF'FFFE, 1},            // compatibility mode
                          Case{false, false, 0xFFFF'FFFE, 1},           // protected mode
                          Case{true, false, 0xFFFF'FFFE, 1},            // L means nothing outside IA-32e mode
                          Case{false, true, 0xFFFF'FFFC, 0xFFFF'FFFF}, Case{true, true, 0xFFFF'FFFF'FFFF'FFFE, 1},
                          Case{true, true, 0x1'FFFF'FFFE, 0x2'0000'0001}}) {
        set_64_bit(c.l, c.lma);
        field(vmcs::guest_rip) = c.from;
        core::advance_guest();
        EXPECT_EQ(field(vmcs::guest_rip), c.to) << std::hex << c.from << c.l << c.lma;
    }
}

TEST_F(Guest, CompletingAnInstructionClearsTheResumeFlag) {
    field(vmcs::guest_rflags) = 0x202 | rf;
    core::advance_guest();
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u);
}

TEST_F(Guest, CompletingAnInstructionEndsBlockingByStiAndMovSs) {
    for (const uint64_t shadow : {1u, 2u}) {
        field(vmcs::guest_interruptibility) = shadow | 8; // and NMIs are blocked
        core::advance_guest();
        EXPECT_EQ(field(vmcs::guest_interruptibility), 8u);
    }
}

TEST_F(Guest, SingleStepTrapPendsBehindTheInstruction) {
    field(vmcs::guest_rflags) = 0x202 | tf;
    field(vmcs::guest_pending_debug) = 1;
    core::advance_guest();
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs | 1);
}

TEST_F(Guest, SingleStepOnBranchesIsNotForTheseInstructions) {
    field(vmcs::guest_rflags) = 0x202 | tf;
    field(vmcs::guest_debugctl) = 2;
    core::advance_guest();
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    field(vmcs::guest_debugctl) = 1; // LBR is something else
    core::advance_guest();
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs);
}

TEST_F(Guest, AFaultWithoutErrorCode) {
    core::inject_fault(Vector::invalid_opcode);
    EXPECT_EQ(injected().value, 0x8000'0306u);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202 | rf);
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFFF'FFFF'8100'0000) << "a fault is at its instruction";
}

TEST_F(Guest, AFaultWithErrorCode) {
    field(vmcs::entry_exception_error_code) = 77;
    core::inject_fault(Vector::general_protection, 0);
    EXPECT_EQ(injected().value, 0x8000'0B0Du);
    EXPECT_EQ(field(vmcs::entry_exception_error_code), 0u);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202 | rf);
}

// [SDM3 "VM-Entry Control Fields" in "Checks on VMX Controls"]: an error code goes only with CR0.PE = 1.
TEST_F(Guest, RealModeFaultsHaveNoErrorCode) {
    field(vmcs::guest_cr0) = 0x30;
    core::inject_fault(Vector::general_protection, 0);
    EXPECT_EQ(injected().value, 0x8000'030Du);
}

TEST_F(Guest, NothingIsReinjectedWhenNothingWasInterrupted) {
    field(vmcs::idt_vectoring_information) = 0x0000'0B0E;
    EXPECT_FALSE(core::reinject_interrupted_event(vcpu));
    EXPECT_EQ(injected().value, 0u);
    EXPECT_EQ(vcpu.events_reinjected, 0u);
}

TEST_F(Guest, ReinjectsWhatWasInterrupted) {
    struct Case {
        uint32_t interrupted;
        bool error_code, length;
        uint64_t interruptibility;
    };
    // NMIs were blocked before: only for an NMI that changes.
    for (const Case& c :
         {Case{0x8000'0031, false, false, 8}, Case{0x8000'0306, false, false, 8}, Case{0x8000'0B0E, true, false, 8},
          Case{0x8000'0480, false, true, 8}, Case{0x8000'0603, false, true, 8}, Case{0x8000'0501, false, true, 8},
          Case{0x8000'0202, false, false, 0}}) {
        field(vmcs::entry_interruption_information) = 0;
        field(vmcs::entry_exception_error_code) = 0x77;
        field(vmcs::entry_instruction_length) = 0x77;
        field(vmcs::guest_interruptibility) = 8;
        field(vmcs::idt_vectoring_information) = c.interrupted | 1u << 12; // undefined there
        field(vmcs::idt_vectoring_error_code) = 5;
        field(vmcs::exit_instruction_length) = 2;
        const uint64_t before = vcpu.events_reinjected;
        EXPECT_TRUE(core::reinject_interrupted_event(vcpu));
        EXPECT_EQ(injected().value, c.interrupted) << std::hex << c.interrupted;
        EXPECT_EQ(field(vmcs::entry_exception_error_code), c.error_code ? 5u : 0x77u);
        EXPECT_EQ(field(vmcs::entry_instruction_length), c.length ? 2u : 0x77u);
        EXPECT_EQ(field(vmcs::guest_interruptibility), c.interruptibility);
        EXPECT_EQ(vcpu.events_reinjected, before + 1);
    }
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFFF'FFFF'8100'0000);
}

TEST_F(Guest, PrivilegeLevelIsThatOfTheStackSegment) {
    for (const unsigned cpl : {0u, 1u, 2u, 3u}) {
        set_privilege_level(cpl);
        EXPECT_EQ(core::guest_privilege_level(), cpl);
    }
}

TEST_F(Guest, TheNmiWindowIsArmedAndDisarmed) {
    core::arm_nmi_window(vcpu);
    EXPECT_EQ(field(vmcs::pin_controls), 0x16u | 1u << 3 | 1u << 5); // NMI exiting, virtual NMIs
    EXPECT_EQ(field(vmcs::primary_controls), 0x9400'6172u | 1u << 22);
    core::disarm_nmi_window(vcpu);
    EXPECT_EQ(field(vmcs::pin_controls), 0x16u);
    EXPECT_EQ(field(vmcs::primary_controls), 0x9400'6172u);
}

TEST_F(Guest, WaitsForStartupInTheStateAfterInit) {
    machine.state().cr2 = 5;
    machine.state().dr = {1, 2, 3, 4};
    machine.state().cr0 |= 0x6000'0000; // INIT leaves CD and NW alone
    vcpu.owed.nmi = 2;
    vcpu.registers.value[9] = 9;
    field(vmcs::entry_interruption_information) = 0x8000'0202;
    field(vmcs::guest_interruptibility) = 8;
    field(vmcs::guest_pending_debug) = bs;
    field(vmcs::guest_debugctl) = 1;
    core::put_guest_into_wait_for_startup(vcpu);
    EXPECT_EQ(field(vmcs::guest_activity_state), 3u);
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFF0u);
    EXPECT_EQ(field(vmcs::guest_rflags), 2u);
    EXPECT_EQ(field(vmcs::guest_rsp), 0u);
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0xF000u);
    EXPECT_EQ(field(vmcs::guest_cs_base), 0xFFFF'0000u);
    EXPECT_EQ(field(vmcs::guest_cs_access_rights), 0x9Bu);
    EXPECT_EQ(field(vmcs::guest_ss_access_rights), 0x93u);
    EXPECT_EQ(field(vmcs::guest_ds_limit), 0xFFFFu);
    EXPECT_EQ(field(vmcs::guest_ldtr_access_rights), 0x82u);
    EXPECT_EQ(field(vmcs::guest_tr_access_rights), 0x8Bu);
    EXPECT_EQ(field(vmcs::guest_gdtr_limit), 0xFFFFu);
    EXPECT_EQ(field(vmcs::guest_idtr_limit), 0xFFFFu);
    EXPECT_EQ(field(vmcs::guest_idtr_base), 0u);
    EXPECT_EQ(field(vmcs::cr0_read_shadow), 0x6000'0010u);
    EXPECT_EQ(field(vmcs::guest_cr0), 0x6000'0030u) << "NE is VMX's";
    machine.state().cr0 &= ~uint64_t{0x6000'0000};
    core::put_guest_into_wait_for_startup(vcpu);
    EXPECT_EQ(field(vmcs::cr0_read_shadow), 0x10u);
    EXPECT_EQ(field(vmcs::guest_cr3), 0u);
    EXPECT_EQ(field(vmcs::guest_cr4), 0x2000u);
    EXPECT_EQ(field(vmcs::cr4_read_shadow), 0u);
    EXPECT_EQ(field(vmcs::guest_efer), 0u);
    EXPECT_EQ(field(vmcs::entry_controls) & 1u << 9, 0u) << "not in IA-32e mode";
    EXPECT_EQ(field(vmcs::entry_interruption_information), 0u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    EXPECT_EQ(field(vmcs::guest_debugctl), 0u);
    EXPECT_EQ(field(vmcs::guest_dr7), 0x400u);
    EXPECT_EQ(machine.state().dr6, 0xFFFF'0FF0u);
    EXPECT_EQ(machine.state().dr, (std::array<uint64_t, 4>{}));
    EXPECT_EQ(machine.state().cr2, 0u);
    EXPECT_EQ(vcpu.registers.rdx(), 0x506E3u) << "the processor's signature";
    EXPECT_EQ(vcpu.registers.value[9], 0u);
    EXPECT_EQ(vcpu.owed.nmi, 0u);
}

} // namespace
} // namespace nadir::test
