// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A start that fails, at any step, leaves the machine as it was, frees all memory and says why.
#include "arch/vmx/fields.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

class StartFailures : public MachineTest {
protected:
    StartFailures() : MachineTest(3) {
        machine.processors[1].state.cr0 &= ~uint64_t{0x20}; // NE, which VMX operation wants set
        before = states();
    }

    void changed_on_purpose() { before = states(); }

    void expect_failed(uint32_t status) {
        SCOPED_TRACE(report.text);
        EXPECT_EQ(report.status, status);
        if (session != nullptr) { // with what the processors logged
            release();
        }
        EXPECT_EQ(states(), before);
        for (const fake::Processor& p : machine.processors) {
            EXPECT_FALSE(p.guest);
            EXPECT_TRUE(p.injected.empty());
        }
        EXPECT_TRUE(nothing_leaked());
        EXPECT_NE(std::string(report.text), "");
    }
    bool says(const char* words) const { return std::string(report.text).find(words) != std::string::npos; }

    std::vector<fake::State> before;
};

TEST_F(StartFailures, EachStepOnEachProcessor) {
    for (uint32_t step = NADIR_STEP_PROBE; step < NADIR_STEP_COUNT; ++step) {
        const bool per_processor = step >= NADIR_STEP_CHECK_PROCESSOR && step <= NADIR_STEP_CONFIRM;
        for (uint32_t processor = 0; processor < (per_processor ? 3u : 1u); ++processor) {
            SCOPED_TRACE("step " + std::to_string(step) + ", processor " + std::to_string(processor));
            options.fail_step = step;
            options.fail_processor = per_processor ? processor : NADIR_ANY_PROCESSOR;
            const uint32_t status = start();
            EXPECT_NE(status, NADIR_OK);
            EXPECT_EQ(report.step, step);
            EXPECT_EQ(report.processor, options.fail_processor);
            EXPECT_TRUE(says(nadir_step_text(step)));
            expect_failed(status);
        }
    }
    // And then it works.
    options.fail_step = NADIR_STEP_NONE;
    EXPECT_EQ(start(), NADIR_OK);
    stop();
    release();
}

TEST_F(StartFailures, WhatRootModeSawIsPrintedBeforeItIsFreed) {
    options.fail_step = NADIR_STEP_ENTRY;
    options.fail_processor = 1;
    EXPECT_EQ(start(), static_cast<uint32_t>(NADIR_ENTRY_FAILED));
    std::string all;
    for (const std::string& line : fake::host.printed) {
        all += line + "\n";
    }
    EXPECT_NE(all.find("processor 1: VM entry failed: exit reason 33"), std::string::npos) << all;
    EXPECT_NE(all.find("processor 1: guest: RSP"), std::string::npos) << all;
}

TEST_F(StartFailures, AProcessorThatIsNotMeantDoesNotFail) {
    options.fail_step = NADIR_STEP_VMXON;
    options.fail_processor = 3;
    EXPECT_EQ(start(), NADIR_OK);
    stop();
    release();
}

// VMXON, VMCLEAR, VMPTRLD, the VMWRITEs whose flags are read, VMLAUNCH, on each processor in turn.
TEST_F(StartFailures, EachVmxInstruction) {
    for (const auto with : {cpu::VmxStatus::failed_invalid, cpu::VmxStatus::failed_valid}) {
        unsigned failures = 0;
        for (unsigned at = 0;; ++at) {
            ASSERT_LT(at, 200u);
            machine.vmx_instructions = 0;
            machine.fail_at = at;
            machine.fail_with = with;
            const uint32_t status = start();
            if (status == NADIR_OK) {
                break;
            }
            ++failures;
            SCOPED_TRACE("instruction " + std::to_string(at));
            expect_failed(status);
            const unsigned instruction = at % 8;
            constexpr uint32_t statuses[] = {NADIR_VMXON_FAILED,   NADIR_VMCLEAR_FAILED, NADIR_VMPTRLD_FAILED,
                                             NADIR_VMWRITE_FAILED, NADIR_VMWRITE_FAILED, NADIR_VMWRITE_FAILED,
                                             NADIR_VMWRITE_FAILED, NADIR_VMLAUNCH_FAILED};
            EXPECT_EQ(status, statuses[instruction]);
            EXPECT_EQ(report.processor, at / 8);
            // Before there is a current VMCS no number can be given.
            const bool valid = with == cpu::VmxStatus::failed_valid && instruction > 2;
            EXPECT_EQ(report.detail[0], valid ? 7u : 0u);
            EXPECT_TRUE(says(valid ? "VM-instruction error 7" : "VMfailInvalid"));
        }
        EXPECT_EQ(failures, 3u * 8);
        machine.fail_at.reset();
        ASSERT_EQ(stop(), NADIR_OK);
        release();
    }
}

TEST_F(StartFailures, EachAllocation) {
    unsigned failures = 0;
    for (unsigned at = 0;; ++at) {
        ASSERT_LT(at, 50u);
        machine.memory.allocations = 0;
        machine.memory.fail_at = at;
        if (start() == NADIR_OK) {
            machine.memory.fail_at.reset();
            EXPECT_EQ(stop(), NADIR_OK);
            release();
            if (machine.memory.allocations <= at) {
                break; // the refused one was not asked for any more
            }
            continue; // a smaller piece did as well
        }
        ++failures;
        SCOPED_TRACE("allocation " + std::to_string(at));
        expect_failed(NADIR_NO_MEMORY);
        EXPECT_EQ(report.step, static_cast<uint32_t>(NADIR_STEP_ALLOCATE));
        EXPECT_GT(report.detail[0], 0u);
        EXPECT_TRUE(says("KiB in one piece were asked for"));
    }
    EXPECT_GE(failures, 2u) << "the session and the shared chunk can't be had in pieces";
}

TEST_F(StartFailures, FragmentedMemory) {
    machine.memory.largest = 2 * core::block::bytes;
    // The session and the shared chunk are larger than that: so it fails, but only there.
    EXPECT_EQ(start(), NADIR_NO_MEMORY);
    expect_failed(NADIR_NO_MEMORY);
}

TEST_F(StartFailures, NoVmx) {
    arch::Capabilities c = example_processor();
    c.leaf_1.ecx &= ~(1u << 5);
    machine.become(c);
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_NOT_INTEL_VMX);
    expect_failed(NADIR_NOT_INTEL_VMX);
    EXPECT_EQ(report.step, static_cast<uint32_t>(NADIR_STEP_PROBE));
    EXPECT_EQ(machine.memory.allocations, 0u) << "nothing is touched before it is known";
    EXPECT_EQ(fake::host.runs, 0u);
}

TEST_F(StartFailures, LockedOff) {
    machine.set_msr(0x3A, 1);
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_LOCKED_OFF);
    expect_failed(NADIR_LOCKED_OFF);
}

TEST_F(StartFailures, LockedOffOnTheLastProcessorOnly) {
    machine.processors[2].state.msr[0x3A] = 1;
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_LOCKED_OFF);
    expect_failed(NADIR_LOCKED_OFF);
    EXPECT_EQ(report.processor, 2u);
    EXPECT_EQ(report.step, static_cast<uint32_t>(NADIR_STEP_CHECK_PROCESSOR));
    EXPECT_TRUE(says("Processor 2"));
}

TEST_F(StartFailures, AnotherHypervisorIsInPossession) {
    for (fake::Processor& p : machine.processors) {
        p.state.cr4 |= 0x2000;
    }
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_IN_POSSESSION);
    expect_failed(NADIR_IN_POSSESSION);
}

TEST_F(StartFailures, NoEpt) {
    arch::Capabilities c = example_processor();
    clear_msr_bits(c, msr::vmx_secondary, uint64_t{2} << 32);
    machine.become(c);
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_CONTROL_MISSING);
    expect_failed(NADIR_CONTROL_MISSING);
    EXPECT_TRUE(says("EPT"));
}

// The debugger's processors look up by the VMX-preemption timer, which must not begin anew with each exit.
TEST_F(StartFailures, NoTimerForTheDebugger) {
    constexpr uint64_t activate = uint64_t{arch::PinControls::preemption_timer_mask} << 32;
    constexpr uint64_t save = uint64_t{arch::ExitControls::save_preemption_timer_mask} << 32;
    for (const auto& [plain, with_true, control] :
         {std::tuple(msr::vmx_pin, msr::vmx_true_pin, activate), std::tuple(msr::vmx_exit, msr::vmx_true_exit, save)}) {
        arch::Capabilities c = example_processor();
        clear_msr_bits(c, plain, control);
        clear_msr_bits(c, with_true, control);
        machine.become(c);
        changed_on_purpose();
        options.gdb_port = 0x2F8;
        EXPECT_EQ(start(), NADIR_GDB_UNSUPPORTED);
        expect_failed(NADIR_GDB_UNSUPPORTED);
        EXPECT_TRUE(says("VMX-preemption timer")) << report.text;
        options.gdb_port = 0; // without a debugger it is no matter
        EXPECT_EQ(start(), NADIR_OK);
        EXPECT_EQ(stop(), NADIR_OK);
        release();
    }
}

TEST_F(StartFailures, TooManyProcessors) {
    fake::host.processors = core::max_processors + 1;
    EXPECT_EQ(start(), NADIR_TOO_MANY_PROCESSORS);
    expect_failed(NADIR_TOO_MANY_PROCESSORS);
    EXPECT_TRUE(says(std::to_string(core::max_processors + 1).c_str()));
    EXPECT_TRUE(says(std::to_string(core::max_processors).c_str())) << report.text;
}

TEST_F(StartFailures, ProcessorsThatDiffer) {
    machine.processors[1].state.msr[0x485] ^= 0x40;
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_CONTROL_MISSING);
    expect_failed(NADIR_CONTROL_MISSING);
    EXPECT_EQ(report.processor, 1u);
    EXPECT_EQ(report.detail[0], 0x485u);
    EXPECT_TRUE(says("all processors must offer the same"));
}

TEST_F(StartFailures, ASystemWithSelectorsThatRootModeCanNotHave) {
    machine.processors[0].state.tr = 0x78; // the last entry: a TSS descriptor needs two
    machine.processors[0].gdt.resize(32);
    machine.processors[0].gdt[15] = machine.processors[0].gdt[8];
    machine.processors[0].gdt[16] = machine.processors[0].gdt[9];
    machine.processors[0].state.gdtr = {255, reinterpret_cast<uint64_t>(machine.processors[0].gdt.data())};
    changed_on_purpose();
    EXPECT_EQ(start(), NADIR_UNSUPPORTED_FEATURE);
    expect_failed(NADIR_UNSUPPORTED_FEATURE);
    EXPECT_TRUE(says("0x78"));
}

TEST_F(StartFailures, ControlRegisterBitsThatVmxForbids) {
    // The check before says so already; this one is on each processor.
    machine.processors[1].state.cr4 |= 1u << 25; // a bit that FIXED1 doesn't have
    changed_on_purpose();
    EXPECT_NE(start(), NADIR_OK);
    expect_failed(report.status);
    EXPECT_EQ(report.processor, 1u);
}

TEST_F(StartFailures, AFailedEntryGoesBackThroughRootMode) {
    machine.entry_failure = 34; // MSR loading
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    expect_failed(NADIR_ENTRY_FAILED);
    EXPECT_EQ(report.detail[0], 0x8000'0022u);
    EXPECT_TRUE(says("0x80000022"));
    EXPECT_TRUE(says("qualification"));
}

TEST_F(StartFailures, AnNmiDuringAFailedEntryIsNotLost) {
    machine.entry_failure = 33;
    // Root mode's handler may arm the NMI window then: there is a VMCS.
    machine.on_entry_failure = [](core::Vcpu& vcpu) {
        EXPECT_EQ(vcpu.vmx_on, 1u);
        vcpu.owed.nmi = 1;
    };
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_EQ(machine.processors[0].nmis_raised, 1u);
    expect_failed(NADIR_ENTRY_FAILED);
}

// A guest that sees the arena would be no guest of ours: as when EPT did not hide it.
TEST_F(StartFailures, AGuestThatSeesTheArena) {
    machine.hides = false;
    EXPECT_EQ(start(), NADIR_CONFIRM_FAILED);
    expect_failed(NADIR_CONFIRM_FAILED);
    EXPECT_TRUE(says("still sees"));
}

} // namespace
} // namespace nadir::test
