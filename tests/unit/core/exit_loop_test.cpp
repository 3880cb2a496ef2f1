// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The exit loop: which handler, and what is done with the guest afterwards; and what happens when root mode can't go on.
#include "cpu/entry_points.h"
#include "tests/fakes/exit_stub.h"
#include "tests/unit/core/root_fixture.h"

extern "C" {
NADIR_CPU_ABI void nadir_first_exit(nadir::core::Vcpu* vcpu);
[[noreturn]] NADIR_CPU_ABI void nadir_resume_failed(nadir::core::Vcpu* vcpu, uint32_t invalid);
}

namespace nadir::test {
namespace {

class ExitLoop : public RootTest {
protected:
    uint32_t exit(uint32_t reason) {
        field(vmcs::exit_reason) = reason;
        return fake::exit_stub(vcpu);
    }
    // Outcomes, by what they leave behind.
    bool advanced() { return field(vmcs::guest_rip) == 0xFFFF'FFFF'8100'0003 && !injected().valid(); }
    bool stayed() { return field(vmcs::guest_rip) == 0xFFFF'FFFF'8100'0000; }
};

TEST_F(ExitLoop, Cpuid) {
    vcpu.registers.rax() = 0;
    EXPECT_EQ(exit(10), 0u);
    EXPECT_TRUE(advanced());
    EXPECT_EQ(vcpu.registers.rbx(), 0x756E6547u);
    EXPECT_EQ(vcpu.exits[10], 1u);
    EXPECT_EQ(core::exits_total(vcpu), 1u);
}

TEST_F(ExitLoop, InvdWritesCachesBack) {
    EXPECT_EQ(exit(13), 0u);
    EXPECT_TRUE(advanced());
    EXPECT_EQ(machine.now().caches_written_back, 1u);
}

TEST_F(ExitLoop, VmxInstructionsRaiseUd) {
    // VMCLEAR VMLAUNCH VMPTRLD VMPTRST VMREAD VMRESUME VMWRITE VMXOFF VMXON INVEPT INVVPID GETSEC, VMCALL without the key
    for (const uint32_t reason : {19u, 20u, 21u, 22u, 23u, 24u, 25u, 26u, 27u, 50u, 53u, 11u, 18u}) {
        field(vmcs::entry_interruption_information) = 0;
        EXPECT_EQ(exit(reason), 0u);
        EXPECT_EQ(injected().value, 0x8000'0306u) << reason;
        EXPECT_TRUE(stayed());
        EXPECT_EQ(vcpu.exits[reason], 1u);
    }
}

TEST_F(ExitLoop, RefusedInstructionsRaiseGp) {
    vcpu.registers.rcx() = 0x1234'5678;
    for (const uint32_t reason : {31u, 32u}) {
        field(vmcs::entry_interruption_information) = 0;
        field(vmcs::entry_exception_error_code) = 5;
        EXPECT_EQ(exit(reason), 0u);
        EXPECT_EQ(injected().value, 0x8000'0B0Du) << reason;
        EXPECT_EQ(field(vmcs::entry_exception_error_code), 0u);
        EXPECT_TRUE(stayed());
    }
}

TEST_F(ExitLoop, MsrsAndXsetbvAndControlRegisters) {
    machine.set_msr(0x1234'5678, 0);
    vcpu.registers.rcx() = 0x1234'5678;
    EXPECT_EQ(exit(31), 0u);
    EXPECT_TRUE(advanced());
    be_64_bit_kernel();
    vcpu.registers.rax() = 9;
    vcpu.registers.rdx() = 0;
    EXPECT_EQ(exit(32), 0u);
    EXPECT_TRUE(advanced());
    EXPECT_EQ(machine.state().msr[0x1234'5678], 9u);
    be_64_bit_kernel();
    vcpu.registers.rcx() = 0;
    vcpu.registers.rax() = 3;
    EXPECT_EQ(exit(55), 0u);
    EXPECT_TRUE(advanced());
    EXPECT_EQ(machine.state().xcr0, 3u);
    be_64_bit_kernel();
    field(vmcs::exit_qualification) = 0; // MOV to CR0 from RAX
    vcpu.registers.rax() = 0x8005'0013;
    EXPECT_EQ(exit(28), 0u);
    EXPECT_TRUE(stayed());
    EXPECT_EQ(field(vmcs::cr0_read_shadow), 0x8005'0013u);
}

TEST_F(ExitLoop, Events) {
    field(vmcs::exit_interruption_information) = 0x8000'0202;
    EXPECT_EQ(exit(0), 0u);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_EQ(exit(8), 0u);
    EXPECT_EQ(injected().value, 0x8000'0202u);
    EXPECT_EQ(exit(3), 0u);
    EXPECT_EQ(field(vmcs::guest_activity_state), 3u);
    field(vmcs::exit_qualification) = 1;
    EXPECT_EQ(exit(4), 0u);
    EXPECT_EQ(field(vmcs::guest_cs_base), 0x1000u);
    EXPECT_THROW(exit(2), fake::TripleFault);
}

TEST_F(ExitLoop, LeavingIsBehindTheHypercall) {
    vcpu.registers.rax() = vmm.key;
    vcpu.registers.rcx() = 2;
    EXPECT_EQ(exit(18), 1u);
    EXPECT_TRUE(advanced());
}

TEST_F(ExitLoop, AnUnexpectedExitIsReportedAndNeverSkipped) {
    // External interrupt, HLT, I/O, EPT misconfiguration, XSAVES, and a number from the future.
    for (const uint32_t reason : {1u, 12u, 30u, 49u, 63u, 200u}) {
        be_64_bit_kernel();
        vcpu.log_next = 0;
        vcpu.state = NADIR_PROCESSOR_ON;
        core::reset_exit_ring(vcpu);
        field(vmcs::exit_qualification) = 0x77;
        EXPECT_THROW(exit(reason), fake::Halted) << reason;
        EXPECT_TRUE(stayed());
        EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
        EXPECT_EQ(messages(), (std::vector{Message::unexpected_exit, Message::recorded_exit, Message::guest_state,
                                           Message::guest_instruction, Message::processor_dead}));
        EXPECT_EQ(log[0].argument[0], reason);
        EXPECT_EQ(log[0].argument[1], 0x77u);
        EXPECT_EQ(log[0].argument[2], 0xFFFF'FFFF'8100'0000u);
        EXPECT_EQ(log[1].argument[1], reason);
        EXPECT_EQ(log[2].argument[2], 0x8005'0033u);
        EXPECT_EQ(log[3].argument[3], 3u);
    }
    EXPECT_EQ(vcpu.exits[NADIR_EXIT_REASONS - 1], 1u) << "numbers from the future are counted in the last place";
    EXPECT_EQ(core::exits_total(vcpu), 6u);
}

// By each way: what is judged by the first registers only, and what needs them all.
TEST_F(ExitLoop, AnUnexpectedAccessToAControlRegisterNeverResumes) {
    constexpr uint64_t from_rax_to_cr3 = 3, from_rbp_to_cr3 = 5 << 8 | 3, clts = 2 << 4;
    for (const uint64_t qualification : {from_rax_to_cr3, from_rbp_to_cr3, clts}) {
        be_64_bit_kernel();
        vcpu.log_next = 0;
        field(vmcs::exit_qualification) = qualification;
        ASSERT_THROW(exit(28), fake::Halted) << qualification;
        EXPECT_TRUE(stayed());
        EXPECT_EQ(messages().front(), Message::unexpected_exit);
    }
}

TEST_F(ExitLoop, TheFirstExitSetsTheFinalControls) {
    vcpu.launched = 0;
    field(vmcs::entry_controls) = 0x13FB;
    field(vmcs::exit_reason) = 10;
    nadir_first_exit(&vcpu);
    EXPECT_EQ(vcpu.launched, 1u);
    EXPECT_EQ(field(vmcs::entry_controls), vmm.controls.entry.value);
    EXPECT_EQ(field(vmcs::host_rip), reinterpret_cast<uint64_t>(&cpu::nadir_cpu_exit_entry));
}

TEST_F(ExitLoop, AFailedFirstEntryGoesBack) {
    vcpu.launched = 0;
    field(vmcs::exit_reason) = 0x8000'0021;
    field(vmcs::exit_qualification) = 4;
    nadir_first_exit(&vcpu);
    EXPECT_EQ(vcpu.launched, 0u);
    EXPECT_EQ(exit(0x8000'0021), 1u);
    EXPECT_EQ(field(vmcs::guest_rip), reinterpret_cast<uint64_t>(&cpu::nadir_cpu_launch_refused));
    EXPECT_EQ(vcpu.entry_failure[0], 0x8000'0021u);
    EXPECT_EQ(vcpu.entry_failure[1], 4u);
    EXPECT_EQ(core::exits_total(vcpu), 0u) << "no VM exit";
    EXPECT_EQ(messages().front(), Message::entry_failed);
}

TEST_F(ExitLoop, ALaterFailedEntryStopsTheProcessor) {
    EXPECT_THROW(exit(0x8000'0021), fake::Halted);
    EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    EXPECT_EQ(messages().back(), Message::processor_dead);
}

TEST_F(ExitLoop, AFailedResumeStopsTheProcessor) {
    field(vmcs::instruction_error) = 7;
    EXPECT_THROW(nadir_resume_failed(&vcpu, 0), fake::Halted);
    EXPECT_EQ(messages().front(), Message::vm_instruction_failed);
    EXPECT_EQ(log[0].argument[0], 7u) << "VMRESUME";
    EXPECT_EQ(log[0].argument[1], 7u) << "the VM-instruction error";
    vcpu.log_next = 0;
    EXPECT_THROW(nadir_resume_failed(&vcpu, 1), fake::Halted);
    EXPECT_EQ(log[0].argument[1], 0u) << "VMfailInvalid has no number";
}

} // namespace
} // namespace nadir::test
