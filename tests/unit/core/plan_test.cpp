// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The plan's two copies, how one is put together, and what a processor's VMCS has of it.
#include <memory>

#include "core/msr_policy.h"
#include "core/plan/plan.h"
#include "core/vmcs_setup.h"
#include "cpu/entry_points.h"
#include "tests/unit/core/plan_fixture.h"

namespace nadir::test {
namespace {

constexpr uint64_t reads = 1u << NADIR_EVENT_RDMSR;
constexpr uint64_t cpuids = 1u << NADIR_EVENT_CPUID;

class PlanOfAProcessor : public PlanTest {
protected:
    uint64_t entry() { return field(vmcs::host_rip); }
    static uint64_t address(NADIR_CPU_ABI void (*of)()) { return reinterpret_cast<uint64_t>(of); }
};

TEST_F(PlanOfAProcessor, AnEventThatTheProcessorCannotShowIsRefused) {
    constexpr uint64_t tables = 1u << NADIR_EVENT_DESCRIPTOR_TABLE;
    EXPECT_EQ(core::begin_plan(vmm, tables), NADIR_OK);
    clear_msr_bits(vmm.capabilities, msr::vmx_secondary,
                   uint64_t{arch::SecondaryControls::descriptor_table_exiting_mask} << 32);
    EXPECT_EQ(core::begin_plan(vmm, tables), NADIR_EVENT_NOT_OFFERED);
    EXPECT_EQ(core::begin_plan(vmm, 1u << NADIR_EVENT_DEBUG_REGISTER), NADIR_OK);
}

// Of each kind with a control of its own: that one, and no other kind, is refused when the control is missing.
TEST_F(PlanOfAProcessor, EachKindNeedsItsControl) {
    using arch::ExitControls;
    using arch::PinControls;
    using arch::PrimaryControls;
    struct Need {
        nadir_event_kind kind;
        uint32_t msr;
        uint32_t control;
    };
    constexpr Need needs[] = {
        {NADIR_EVENT_CONTROL_REGISTER, msr::vmx_true_primary, PrimaryControls::cr8_load_exiting_mask},
        {NADIR_EVENT_CONTROL_REGISTER, msr::vmx_true_primary, PrimaryControls::cr8_store_exiting_mask},
        {NADIR_EVENT_ADDRESS_SPACE, msr::vmx_true_primary, PrimaryControls::cr3_load_exiting_mask},
        {NADIR_EVENT_DEBUG_REGISTER, msr::vmx_true_primary, PrimaryControls::mov_dr_exiting_mask},
        {NADIR_EVENT_RDTSC, msr::vmx_true_primary, PrimaryControls::rdtsc_exiting_mask},
        {NADIR_EVENT_RDPMC, msr::vmx_true_primary, PrimaryControls::rdpmc_exiting_mask},
        {NADIR_EVENT_IO, msr::vmx_true_primary, PrimaryControls::use_io_bitmaps_mask},
        {NADIR_EVENT_INTERRUPT, msr::vmx_true_primary, PrimaryControls::interrupt_window_exiting_mask},
        {NADIR_EVENT_INTERRUPT, msr::vmx_true_pin, PinControls::external_interrupt_exiting_mask},
        {NADIR_EVENT_INTERRUPT, msr::vmx_true_exit, ExitControls::acknowledge_interrupt_mask},
    };
    const arch::Capabilities all = vmm.capabilities;
    ASSERT_TRUE(all.true_controls());
    for (const Need& need : needs) {
        SCOPED_TRACE(testing::Message() << need.kind << " " << std::hex << need.msr << " " << need.control);
        vmm.capabilities = all;
        ASSERT_EQ(core::begin_plan(vmm, 1u << need.kind), NADIR_OK);
        clear_msr_bits(vmm.capabilities, need.msr, uint64_t{need.control} << 32);
        for (uint32_t kind = 0; kind <= NADIR_EVENT_SYSTEM_CALL; ++kind) {
            EXPECT_EQ(core::begin_plan(vmm, 1u << kind),
                      kind == static_cast<uint32_t>(need.kind) ? NADIR_EVENT_NOT_OFFERED : NADIR_OK)
                << kind;
        }
    }
}

TEST_F(PlanOfAProcessor, HasWhatWasPutTogetherAndThePolicy) {
    ASSERT_EQ(core::begin_plan(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::add_range_to_plan(vmm, NADIR_RANGE_MSR, 0x10, 0x10), NADIR_OK);
    ASSERT_EQ(core::finish_plan(vmm), NADIR_OK);
    ASSERT_EQ(core::take_plan(vcpu, 0, 0), NADIR_OK);
    ASSERT_NE(vcpu.plan, nullptr);
    const arch::MsrBitmap& bitmap = core::msr_bitmap_of(vmm, *vcpu.plan);
    EXPECT_EQ(field(vmcs::msr_bitmap), core::msr_bitmap_physical_of(vmm, *vcpu.plan));
    EXPECT_TRUE(bitmap.read_exits(0x10));
    arch::MsrBitmap policy;
    core::apply_msr_policy(policy);
    for (uint32_t msr = 0; msr < arch::MsrBitmap::range_size; ++msr) {
        EXPECT_EQ(bitmap.write_exits(msr), policy.write_exits(msr)) << msr;
    }
    EXPECT_EQ(entry(), address(&cpu::nadir_cpu_planned_exit_entry)) << "nobody asked for CPUID";
}

TEST_F(PlanOfAProcessor, EachCpuidOnlyWhereSomebodyAsks) {
    make(cpuids);
    EXPECT_EQ(entry(), address(&cpu::nadir_cpu_watched_exit_entry));
    make(reads);
    EXPECT_EQ(entry(), address(&cpu::nadir_cpu_planned_exit_entry));
    vmm.options.record_every_exit = 1;
    make(reads);
    EXPECT_EQ(entry(), address(&cpu::nadir_cpu_watched_exit_entry));
    vmm.options.record_every_exit = 0;
    make(reads, {cpuid_rule(0, NADIR_CPUID_EAX, 0, 7)});
    EXPECT_EQ(entry(), address(&cpu::nadir_cpu_watched_exit_entry));
}

TEST_F(PlanOfAProcessor, NothingAskedForIsNone) {
    make(reads);
    make(0);
    EXPECT_EQ(vcpu.plan, nullptr);
    EXPECT_EQ(entry(), core::usual_exit_entry(vmm));
    EXPECT_EQ(field(vmcs::msr_bitmap), vmm.msr_bitmap_physical);
}

TEST_F(PlanOfAProcessor, AChangeIsOfTheCopyThatNobodyUses) {
    make(reads);
    const core::Plan* const first = vcpu.plan;
    ASSERT_EQ(core::begin_plan(vmm, cpuids), NADIR_OK);
    EXPECT_EQ(first->watch.kinds, reads) << "it is in use";
    ASSERT_EQ(core::finish_plan(vmm), NADIR_OK);
    EXPECT_EQ(vcpu.plan, first) << "taken by its own hypercall only";
    // This processor hasn't taken the second yet, so there is no room for a third.
    EXPECT_EQ(core::begin_plan(vmm, reads), NADIR_BUSY);
    EXPECT_EQ(core::add_range_to_plan(vmm, NADIR_RANGE_MSR, 1, 1), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(core::finish_plan(vmm), NADIR_BAD_ARGUMENT);
    ASSERT_EQ(core::take_plan(vcpu, 0, 0), NADIR_OK);
    EXPECT_NE(vcpu.plan, first);
    EXPECT_EQ(vcpu.plan->watch.kinds, cpuids);
    EXPECT_EQ(core::begin_plan(vmm, reads), NADIR_OK);
}

TEST_F(PlanOfAProcessor, AProcessorThatIsDeadUsesNone) {
    make(reads);
    ASSERT_EQ(core::begin_plan(vmm, cpuids), NADIR_OK);
    ASSERT_EQ(core::finish_plan(vmm), NADIR_OK);
    vcpu.state = NADIR_PROCESSOR_STUCK; // it may come back
    EXPECT_EQ(core::begin_plan(vmm, reads), NADIR_BUSY);
    vcpu.state = NADIR_PROCESSOR_DEAD;
    EXPECT_EQ(core::begin_plan(vmm, reads), NADIR_OK);
}

TEST_F(PlanOfAProcessor, WhatIsNotFinishedIsNotTaken) {
    ASSERT_EQ(core::begin_plan(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::take_plan(vcpu, 0, 0), NADIR_OK);
    EXPECT_EQ(vcpu.plan, nullptr);
}

TEST_F(PlanOfAProcessor, ARingLiesInTheGuestsOwnMemory) {
    vmm.ept.physical_bits = 36;
    vmm.ept.hidden[0] = {0x1F000, 0x1000};
    vmm.ept.hidden_count = 1;
    ASSERT_EQ(core::begin_plan(vmm, reads), NADIR_OK);
    ASSERT_EQ(core::finish_plan(vmm), NADIR_OK);
    EXPECT_EQ(core::take_plan(vcpu, 0x10008, 0), NADIR_BAD_ARGUMENT) << "not at a page's beginning";
    EXPECT_EQ(core::take_plan(vcpu, ~uint64_t{0xFFF}, 0), NADIR_BAD_ARGUMENT) << "around the end of addresses";
    EXPECT_EQ(core::take_plan(vcpu, uint64_t{1} << 36, 0), NADIR_BAD_ARGUMENT) << "where there is no memory";
    EXPECT_EQ(core::take_plan(vcpu, 0x10000, 0), NADIR_BAD_ARGUMENT) << "its last page is Nadir's own";
    EXPECT_EQ(vcpu.plan, nullptr);
}

TEST_F(PlanOfAProcessor, RulesAreBoundedAndSound) {
    ASSERT_EQ(core::begin_plan(vmm, 0), NADIR_OK);
    EXPECT_EQ(add({NADIR_RULE_KINDS, 0, 0, 0, 0, 0, 0, 0}, 0), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(add(cpuid_rule(0, 4, 0, 0), 0), NADIR_BAD_ARGUMENT) << "no such register";
    EXPECT_EQ(add({NADIR_RULE_WRITE_MSR, 1, 0, 0, 0, 2, 0, 0}, 0), NADIR_BAD_ARGUMENT) << "no such action";
    EXPECT_EQ(add(pin_rule(4, arch::Cr4::pae_mask), 0), NADIR_BAD_ARGUMENT) << "not to be pinned";
    EXPECT_EQ(add(pin_rule(3, 1), 0), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(add(pin_rule(0, 0), 0), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(add(cpuid_rule(0, 0, 0, 0), NADIR_RULES), NADIR_BAD_ARGUMENT) << "no such slot";
    for (uint32_t i = 0; i < NADIR_RULES; ++i) {
        EXPECT_EQ(add(cpuid_rule(i, 0, 0, 0), i), NADIR_OK);
    }
    EXPECT_EQ(add(cpuid_rule(0, 0, 0, 0), 0), NADIR_BAD_ARGUMENT);
}

} // namespace
} // namespace nadir::test
