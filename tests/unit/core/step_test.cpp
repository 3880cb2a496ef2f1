// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One instruction let through, by the monitor trap flag and by the trap flag, and what may come in between.
#include "arch/debug_registers.h"
#include "arch/msr/debugctl.h"
#include "core/events/optional_exits.h"
#include "core/exits/handlers.h"
#include "core/owed_events.h"
#include "core/step.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using arch::BasicExitReason;
using core::MonitorTrap;
using core::StepEnd;

constexpr uint64_t tf = arch::Rflags::tf_mask;
constexpr uint64_t rf = arch::Rflags::rf_mask; // its breakpoint was met before
constexpr uint64_t interrupts = arch::Rflags::interrupt_enable_mask;
constexpr uint32_t monitor_trap_flag = arch::PrimaryControls::monitor_trap_flag_mask;
constexpr uint32_t nmi_window = arch::PrimaryControls::nmi_window_exiting_mask;
constexpr uint32_t cr8_exits =
    arch::PrimaryControls::cr8_load_exiting_mask | arch::PrimaryControls::cr8_store_exiting_mask;
constexpr uint32_t by_sti = arch::Interruptibility::blocking_by_sti_mask;
constexpr uint32_t by_mov_ss = arch::Interruptibility::blocking_by_mov_ss_mask;
constexpr uint64_t bs = arch::PendingDebugExceptions::bs_mask;
constexpr uint32_t debug_event = 0x8000'0301;
constexpr uint32_t nmi_event = 0x8000'0202;
constexpr uint32_t page_fault_event = 0x8000'0B0E;

class Step : public RootTest {
protected:
    Step() {
        field(vmcs::secondary_controls) = 0;
        field(vmcs::exception_bitmap) = 0;
        field(vmcs::guest_interruptibility) = 0;
        field(vmcs::guest_pending_debug) = 0;
        field(vmcs::guest_debugctl) = 0;
        field(vmcs::guest_dr7) = 0x400;
        field(vmcs::cr0_mask) = 0x20;
        field(vmcs::cr4_mask) = 0x2000;
        field(vmcs::cr0_read_shadow) = 0x8005'0033;
        core::EventWatch& watch = vmm.plans[0].watch;
        watch.kinds = 1u << NADIR_EVENT_CONTROL_REGISTER;
        watch.ranges[0] = {NADIR_RANGE_CONTROL_REGISTER, 0, ~0u};
        watch.range_count = 1;
        vcpu.plan = &vmm.plans[0];
        step_by(MonitorTrap::fails);
        core::apply_optional_exits(vcpu, vmm.plans[0]);
    }
    void step_by(MonitorTrap how) { vcpu.step.monitor_trap = static_cast<uint8_t>(how); }
    MonitorTrap known() const { return static_cast<MonitorTrap>(vcpu.step.monitor_trap); }
    void begin() { core::begin_step(vcpu, StepEnd::optional_exits); }
    bool exit(BasicExitReason reason) { return core::take_step_exit(vcpu, reason); }
    bool exception(uint32_t event, uint64_t qualification) {
        field(vmcs::exit_interruption_information) = event;
        if (event == debug_event && (qualification & bs) != 0) {
            field(vmcs::guest_rflags) &= ~rf; // the instruction was carried out
        }
        field(vmcs::exit_qualification) = qualification;
        return exit(BasicExitReason::exception_or_nmi);
    }
    bool has(uint32_t primary) { return (field(vmcs::primary_controls) & primary) == primary; }
    bool exits_are_back() { return has(cr8_exits) && field(vmcs::cr0_mask) == ~uint64_t{0}; }
    bool nothing_is_left() {
        return exits_are_back() && !has(monitor_trap_flag) && field(vmcs::exception_bitmap) == 0 &&
               field(vmcs::pin_controls) == vmm.controls.pin.value && !core::is_stepping(vcpu);
    }
};

TEST_F(Step, TheFlagIsTriedOnceAndBelievedWhenItExits) {
    step_by(MonitorTrap::untried);
    core::prepare_steps(vcpu);
    EXPECT_TRUE(has(monitor_trap_flag));
    field(vmcs::guest_rip) += 3; // behind the hypercall: the instruction on trial, which may need memory first
    EXPECT_FALSE(exit(BasicExitReason::ept_violation));
    EXPECT_TRUE(has(monitor_trap_flag));
    field(vmcs::guest_rip) += 2;
    EXPECT_TRUE(exit(BasicExitReason::monitor_trap_flag));
    EXPECT_FALSE(has(monitor_trap_flag));
    EXPECT_EQ(known(), MonitorTrap::works);
    core::prepare_steps(vcpu);
    EXPECT_FALSE(has(monitor_trap_flag));
}

TEST_F(Step, AFlagThatDoesNotExitIsNotUsed) {
    step_by(MonitorTrap::untried);
    core::prepare_steps(vcpu);
    field(vmcs::guest_rip) += 5;
    EXPECT_FALSE(exit(BasicExitReason::cpuid));
    EXPECT_FALSE(has(monitor_trap_flag));
    EXPECT_EQ(known(), MonitorTrap::fails);
    begin();
    EXPECT_FALSE(has(monitor_trap_flag));
    EXPECT_TRUE((field(vmcs::guest_rflags) & tf) != 0);
}

TEST_F(Step, AProcessorWithoutItHasNoTrial) {
    step_by(MonitorTrap::untried);
    clear_msr_bits(vmm.capabilities, msr::vmx_true_primary, uint64_t{monitor_trap_flag} << 32);
    core::prepare_steps(vcpu);
    EXPECT_FALSE(has(monitor_trap_flag));
    EXPECT_EQ(known(), MonitorTrap::fails);
}

TEST_F(Step, ATrialEndsWithTheWatch) {
    step_by(MonitorTrap::untried);
    core::prepare_steps(vcpu);
    core::forget_step(vcpu);
    EXPECT_FALSE(has(monitor_trap_flag));
    EXPECT_EQ(known(), MonitorTrap::untried);
}

TEST_F(Step, ByTheMonitorTrapFlag) {
    step_by(MonitorTrap::works);
    begin();
    EXPECT_TRUE(has(monitor_trap_flag));
    EXPECT_FALSE(has(arch::PrimaryControls::cr8_load_exiting_mask));
    EXPECT_EQ(field(vmcs::cr0_mask), 0x20u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), by_sti) << "no interrupt first";
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u | rf);
    EXPECT_TRUE(exit(BasicExitReason::monitor_trap_flag));
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
}

TEST_F(Step, ByTheMonitorTrapFlagWithAGuestThatStepsItself) {
    step_by(MonitorTrap::works);
    field(vmcs::guest_rflags) |= tf;
    begin();
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u) << "VM entry would refuse it";
    field(vmcs::guest_pending_debug) = bs;
    EXPECT_TRUE(exit(BasicExitReason::monitor_trap_flag));
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs) << "its own trap comes next";
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Step, AShadowOfTheGuestsOwnStays) {
    step_by(MonitorTrap::works);
    field(vmcs::guest_interruptibility) = by_mov_ss;
    begin();
    EXPECT_EQ(field(vmcs::guest_interruptibility), by_mov_ss);
    EXPECT_FALSE(exit(BasicExitReason::cpuid)) << "ends it, and is handled as ever";
    EXPECT_EQ(field(vmcs::guest_interruptibility), by_mov_ss);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Step, ByTheTrapFlag) {
    field(vmcs::guest_debugctl) = arch::DebugCtl::btf_mask | arch::DebugCtl::lbr_mask;
    begin();
    EXPECT_EQ(field(vmcs::guest_rflags) & (tf | interrupts), tf);
    EXPECT_EQ(field(vmcs::exception_bitmap), 0xFFFF'FFFFu);
    EXPECT_EQ(field(vmcs::guest_debugctl), arch::DebugCtl::lbr_mask);
    EXPECT_EQ(field(vmcs::pin_controls), vmm.controls.pin.value | 1u << 3 | 1u << 5);
    EXPECT_FALSE(has(arch::PrimaryControls::cr8_load_exiting_mask));
    EXPECT_TRUE(exception(debug_event, bs));
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    EXPECT_EQ(field(vmcs::guest_debugctl), arch::DebugCtl::btf_mask | arch::DebugCtl::lbr_mask);
    EXPECT_FALSE(injected().valid());
}

TEST_F(Step, TheGuestsOwnSingleStepIsNotLost) {
    field(vmcs::guest_rflags) = 0x102;
    field(vmcs::guest_pending_debug) = bs; // the emulator says so of an instruction that wasn't carried out
    begin();
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    EXPECT_TRUE(exception(debug_event, bs));
    EXPECT_EQ(field(vmcs::guest_rflags), 0x102u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs);
    field(vmcs::guest_debugctl) = arch::DebugCtl::btf_mask;
    field(vmcs::guest_pending_debug) = 0;
    begin();
    EXPECT_TRUE(exception(debug_event, bs));
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u) << "with BTF only branches trap";
}

TEST_F(Step, BehindMovSsWhatPendsComesAfterTheStep) {
    field(vmcs::guest_interruptibility) = by_mov_ss;
    field(vmcs::guest_pending_debug) = arch::PendingDebugExceptions{}.set_b0(true).set_enabled_breakpoint(true).value;
    field(vmcs::guest_dr7) = 0x401;
    begin();
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    EXPECT_TRUE(exception(debug_event, bs | arch::PendingDebugExceptions::b1_mask));
    EXPECT_EQ(field(vmcs::guest_pending_debug), arch::PendingDebugExceptions::b0_mask |
                                                    arch::PendingDebugExceptions::b1_mask |
                                                    arch::PendingDebugExceptions::enabled_breakpoint_mask);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u);
}

// A load of SS keeps the step's trap back, too, and the instruction behind it exits.
TEST_F(Step, WhatALoadOfSsMetIsNotLostWithTheStep) {
    constexpr auto met = arch::PendingDebugExceptions::b0_mask | arch::PendingDebugExceptions::b3_mask;
    constexpr auto enabled = arch::PendingDebugExceptions::enabled_breakpoint_mask;
    field(vmcs::guest_dr7) = 0x401;
    for (const uint64_t own : {uint64_t{0}, tf}) {
        field(vmcs::guest_rflags) = 0x202 | own;
        begin();
        field(vmcs::guest_interruptibility) = by_mov_ss;
        field(vmcs::guest_pending_debug) = met | enabled | bs; // the last one for our flag
        EXPECT_FALSE(exit(BasicExitReason::cpuid));
        EXPECT_TRUE(nothing_is_left());
        EXPECT_EQ(field(vmcs::guest_pending_debug), met | enabled | (own != 0 ? bs : 0));
        EXPECT_EQ(field(vmcs::guest_interruptibility), by_mov_ss);
        field(vmcs::guest_interruptibility) = 0;
        field(vmcs::guest_pending_debug) = 0;
    }
}

TEST_F(Step, RipWrapsAtFourGibOutside64BitMode) {
    set_64_bit(false, true);
    begin();
    field(vmcs::guest_rip) = 0x1'0000'0000; // the emulator saves the sum
    EXPECT_TRUE(exception(debug_event, bs));
    EXPECT_EQ(field(vmcs::guest_rip), 0u);
    set_64_bit(true, true);
    begin();
    field(vmcs::guest_rip) = 0x1'0000'0000;
    EXPECT_TRUE(exception(debug_event, bs));
    EXPECT_EQ(field(vmcs::guest_rip), 0x1'0000'0000u);
}

TEST_F(Step, ABreakpointThatIsNotEnabledMakesNoTrap) {
    begin();
    EXPECT_TRUE(exception(debug_event, bs | arch::PendingDebugExceptions::b1_mask));
    EXPECT_EQ(field(vmcs::guest_pending_debug), arch::PendingDebugExceptions::b1_mask);
}

TEST_F(Step, AFaultIsTheGuestsWithItsOwnFlags) {
    field(vmcs::guest_rflags) = 0x302;
    field(vmcs::guest_interruptibility) = by_sti;
    field(vmcs::guest_pending_debug) = bs;
    begin();
    field(vmcs::exit_interruption_error_code) = 2;
    EXPECT_FALSE(exception(page_fault_event, 0x1234'5678)) << "it is handled as without a step";
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(core::exits::exception(vcpu), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x302u | arch::Rflags::rf_mask);
    EXPECT_EQ(injected().value, page_fault_event);
    EXPECT_EQ(field(vmcs::entry_exception_error_code), 2u);
    EXPECT_EQ(machine.state().cr2, 0x1234'5678u);
    EXPECT_EQ(field(vmcs::guest_interruptibility), by_sti);
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs) << "needed by VM entry with this blocking and TF";
}

TEST_F(Step, GeneralDetectIsReportedAsTheProcessorDoes) {
    machine.state().dr6 = 0xFFFF'0FF1;
    field(vmcs::guest_dr7) = 0x2400;
    field(vmcs::guest_debugctl) = arch::DebugCtl::lbr_mask;
    begin();
    // The emulator reports our step, too.
    EXPECT_TRUE(exception(debug_event, arch::DebugQualification::bd_mask | bs));
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(injected().value, debug_event);
    EXPECT_EQ(machine.state().dr6, 0xFFFF'2FF0u);
    EXPECT_EQ(field(vmcs::guest_dr7), 0x400u);
    EXPECT_EQ(field(vmcs::guest_debugctl), 0u);
}

TEST_F(Step, AnNmiGoesFirst) {
    begin();
    EXPECT_FALSE(exception(nmi_event, 0));
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u | rf);
    EXPECT_FALSE(injected().valid());
}

TEST_F(Step, MemoryAndFixedBitsDoNotEndIt) {
    begin();
    for (const auto reason : {BasicExitReason::ept_violation, BasicExitReason::control_register_access}) {
        EXPECT_FALSE(exit(reason));
        field(vmcs::guest_pending_debug) = bs;
        core::go_on_with_step(vcpu, Outcome::retry);
        EXPECT_TRUE(core::is_stepping(vcpu));
        EXPECT_EQ(field(vmcs::guest_pending_debug), 0u) << "the emulator lets the trap pend";
    }
    core::go_on_with_step(vcpu, Outcome::general_protection);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Step, AnyOtherExitEndsIt) {
    begin();
    EXPECT_FALSE(exit(BasicExitReason::vmcall));
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u | rf);
}

// Root mode's NMI handler may come in at any VMWRITE: its window must be open afterwards.
TEST_F(Step, AnNmiInRootModeIsNotLost) {
    for (const auto how : {MonitorTrap::works, MonitorTrap::fails}) {
        for (const bool at_the_end : {false, true}) {
            step_by(how);
            vcpu.owed = {};
            core::disarm_nmi_window(vcpu);
            const auto come = [&](uint32_t encoding) {
                if (encoding == vmcs::primary_controls.encoding) {
                    machine.after_vmwrite = nullptr;
                    core::owe_nmi(vcpu);
                }
            };
            if (!at_the_end) {
                machine.after_vmwrite = come;
            }
            begin();
            if (at_the_end) {
                machine.after_vmwrite = come;
            }
            how == MonitorTrap::works ? exit(BasicExitReason::monitor_trap_flag) : exception(debug_event, bs);
            EXPECT_TRUE(has(nmi_window));
            EXPECT_EQ(field(vmcs::pin_controls), vmm.controls.pin.value | 1u << 3 | 1u << 5);
            EXPECT_TRUE(exits_are_back());
        }
    }
}

} // namespace
} // namespace nadir::test
