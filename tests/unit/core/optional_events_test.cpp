// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exceptions, external interrupts and I/O instructions that exit because somebody watches them.
#include "core/events/interrupts.h"
#include "core/exits/handlers.h"
#include "core/io_breakpoints.h"
#include "core/owed_events.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class Exceptions : public RootTest {
protected:
    Outcome take(uint32_t information, uint64_t qualification = 0, uint32_t code = 0, uint32_t during = 0) {
        field(vmcs::entry_interruption_information) = 0;
        field(vmcs::exit_interruption_information) = information;
        field(vmcs::exit_qualification) = qualification;
        field(vmcs::exit_interruption_error_code) = code;
        field(vmcs::idt_vectoring_information) = during;
        return core::exits::exception(vcpu);
    }
    bool resume_flag() { return (field(vmcs::guest_rflags) & 1u << 16) != 0; }
};

TEST_F(Exceptions, APageFaultComesWithItsAddress) {
    EXPECT_EQ(take(0x8000'0B0E, 0x1234'5678'9000, 6), Outcome::retry);
    EXPECT_EQ(injected().value, 0x8000'0B0Eu);
    EXPECT_EQ(field(vmcs::entry_exception_error_code), 6u);
    EXPECT_EQ(machine.now().state.cr2, 0x1234'5678'9000u);
    EXPECT_TRUE(resume_flag());
}

TEST_F(Exceptions, BitsOfTheExitAreNotInjected) {
    take(0x8000'1B0D, 0, 0x10); // NMI unblocking by IRET
    EXPECT_EQ(injected().value, 0x8000'0B0Du);
}

TEST_F(Exceptions, SoftwareExceptionsAreDeliveredBehindTheInstruction) {
    take(0x8000'0603); // INT3
    EXPECT_EQ(injected().value, 0x8000'0603u);
    EXPECT_EQ(field(vmcs::entry_instruction_length), 3u);
    EXPECT_FALSE(resume_flag());
    machine.now().state.dr6 = 0xFFFF'4FF0;
    field(vmcs::guest_dr7) = 0x2400;
    take(0x8000'0501); // INT1
    EXPECT_EQ(injected().value, 0x8000'0501u);
    EXPECT_EQ(machine.now().state.dr6, 0xFFFF'4FF0u) << "INT1 reports nothing";
    EXPECT_EQ(field(vmcs::guest_dr7), 0x2400u);
}

TEST_F(Exceptions, ADebugExceptionIsReportedInTheDebugRegisters) {
    machine.now().state.dr6 = 0xFFFF'4FF8; // BS stays, B3 goes
    field(vmcs::guest_dr7) = 0x2400;       // GD
    field(vmcs::guest_debugctl) = 3;       // LBR, BTF
    take(0x8000'0301, 0x2001);             // BD, B0
    EXPECT_EQ(injected().value, 0x8000'0301u);
    EXPECT_EQ(machine.now().state.dr6, 0xFFFF'6FF1u);
    EXPECT_EQ(field(vmcs::guest_dr7), 0x400u);
    EXPECT_EQ(field(vmcs::guest_debugctl), 0u);
    EXPECT_FALSE(resume_flag()) << "the processor has judged that already";
}

TEST_F(Exceptions, TwoBecomeOne) {
    take(0x8000'0B0D, 0, 0x10, 0x8000'0B0B); // #GP while #NP is being delivered
    EXPECT_EQ(injected().value, 0x8000'0B08u);
    EXPECT_EQ(field(vmcs::entry_exception_error_code), 0u);
    take(0x8000'0B0E, 0x5000, 2, 0x8000'0B0E);
    EXPECT_EQ(injected().value, 0x8000'0B08u);
    EXPECT_EQ(machine.now().state.cr2, 0x5000u);
    take(0x8000'0B0E, 0x6000, 2, 0x8000'0021); // while an interrupt is being delivered
    EXPECT_EQ(injected().value, 0x8000'0B0Eu);
}

TEST_F(Exceptions, NmisAreNone) {
    EXPECT_EQ(take(0x8000'0202), Outcome::retry);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_FALSE(injected().valid());
}

class Interrupts : public RootTest {
protected:
    Interrupts() {
        field(vmcs::pin_controls) = vmm.controls.pin.value;
        field(vmcs::primary_controls) = vmm.controls.primary.value;
        core::watch_interrupts(vcpu, true);
    }
    Outcome exit(uint32_t information) {
        field(vmcs::exit_interruption_information) = information;
        return core::exits::external_interrupt(vcpu);
    }
    bool exits() { return (field(vmcs::pin_controls) & 1) != 0; }
    bool acknowledges() { return (field(vmcs::exit_controls) & 1u << 15) != 0; }
    bool window() { return (field(vmcs::primary_controls) & 1u << 2) != 0; }
    void interrupts_off() { field(vmcs::guest_rflags) = 2; }
    void interrupts_on() { field(vmcs::guest_rflags) = 0x202; }

    static constexpr uint32_t nothing = 0;
    static constexpr uint32_t interrupt = 0x8000'0041;
};

TEST_F(Interrupts, OneThatTheGuestCanTakeIsAcknowledgedAndGiven) {
    EXPECT_TRUE(exits() && !acknowledges() && !window());
    exit(nothing);
    EXPECT_TRUE(exits() && acknowledges() && !window());
    EXPECT_FALSE(injected().valid());
    field(vmcs::guest_activity_state) = 1; // HLT
    exit(interrupt);
    EXPECT_EQ(injected().value, interrupt);
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    EXPECT_TRUE(exits() && !acknowledges() && !window());
}

TEST_F(Interrupts, AnotherStaysWhereItIsUntilTheGuestCanTakeIt) {
    for (const uint32_t shadow : {0u, 1u, 2u}) {
        shadow == 0 ? interrupts_off() : interrupts_on();
        field(vmcs::guest_interruptibility) = shadow;
        exit(nothing);
        EXPECT_TRUE(!exits() && !acknowledges() && window()) << shadow;
        interrupts_on();
        field(vmcs::guest_interruptibility) = 0;
        EXPECT_EQ(core::exits::interrupt_window(vcpu), Outcome::retry);
        EXPECT_TRUE(exits() && !acknowledges() && !window());
        EXPECT_FALSE(injected().valid());
    }
}

TEST_F(Interrupts, OneThatIsAcknowledgedTooEarlyIsKept) {
    exit(nothing);
    interrupts_off();
    exit(interrupt);
    EXPECT_FALSE(injected().valid());
    EXPECT_TRUE(!exits() && !acknowledges() && window());
    core::watch_interrupts(vcpu, false); // nobody watches any more, but it is owed
    EXPECT_TRUE(!exits() && window());
    EXPECT_EQ(core::exits::interrupt_window(vcpu), Outcome::retry);
    EXPECT_EQ(injected().value, interrupt);
    EXPECT_TRUE(!exits() && !acknowledges() && !window());
}

TEST_F(Interrupts, AStepIsNotDisturbed) {
    interrupts_off();
    exit(nothing);
    core::let_interrupts_through(vcpu);
    EXPECT_TRUE(!exits() && !acknowledges() && !window());
    core::watch_interrupts(vcpu, true);
    EXPECT_TRUE(!exits() && window()) << "as before";
}

TEST_F(Interrupts, AnNmiThatIsOwedKeepsItsWindow) {
    core::owe_nmi(vcpu);
    exit(nothing);
    EXPECT_NE(field(vmcs::primary_controls) & 1u << 22, 0u);
    EXPECT_EQ(core::exits::nmi_window(vcpu), Outcome::retry);
    EXPECT_EQ(field(vmcs::primary_controls) & 1u << 22, 0u);
    EXPECT_TRUE(exits() && acknowledges()) << "and the other way round";
}

class Io : public RootTest {
protected:
    Outcome exit(uint64_t qualification) {
        field(vmcs::exit_qualification) = qualification;
        return core::exits::io_instruction(vcpu);
    }
    static constexpr uint64_t in = 8;
    static constexpr uint64_t port = 0x3F0'0000;
};

TEST_F(Io, GoesByItsWidth) {
    vcpu.registers.rax() = 0x1111'2222'3333'4444;
    EXPECT_EQ(exit(port | 3), Outcome::advance);
    EXPECT_EQ(machine.ports[0x3F0], 0x3333'4444u);
    EXPECT_EQ(exit(port | 1), Outcome::advance);
    EXPECT_EQ(machine.ports[0x3F0], 0x4444u);
    machine.ports[0x3F0] = 0x8765'4321;
    exit(port | in | 1);
    EXPECT_EQ(vcpu.registers.rax(), 0x1111'2222'3333'4321u);
    exit(port | in | 3);
    EXPECT_EQ(vcpu.registers.rax(), 0x8765'4321u) << "32 bits clear the upper half";
    vcpu.registers.rax() = ~uint64_t{0};
    exit(port | in);
    EXPECT_EQ(vcpu.registers.rax(), 0xFFFF'FFFF'FFFF'FF20u);
}

TEST(IoBreakpoints, AreMetByAnyByteOfTheirs) {
    constexpr arch::BreakpointAddresses at{{0x80, 0x81, 0x80, 0}};
    constexpr uint64_t io = 2;
    // 0: one byte, enabled; 1: two bytes from 80H on, not enabled; 2: for data.
    constexpr arch::Dr7 dr7{0x400 | 1 | io << 16 | io << 20 | 1ull << 22 | 1 << 4 | 1ull << 24};
    constexpr uint64_t enabled = 1u << 12;
    const auto met = [&](uint16_t port, unsigned bytes) {
        return core::io_breakpoints_met(dr7, at, port, bytes).value;
    };
    EXPECT_EQ(met(0x80, 1), 3 | enabled);
    EXPECT_EQ(met(0x7E, 4), 3 | enabled);
    EXPECT_EQ(met(0x81, 1), 0u) << "only one that isn't enabled";
    EXPECT_EQ(met(0x82, 1), 0u);
    EXPECT_EQ(met(0x7F, 1), 0u);
}

} // namespace
} // namespace nadir::test
