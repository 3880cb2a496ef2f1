// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's own exceptions and NMIs.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/root/descriptor_tables.h"
#include "cpu/entry_points.h"
#include "tests/unit/core/root_fixture.h"

extern "C" NADIR_CPU_ABI void nadir_handle_trap(nadir::cpu::TrapFrame* frame);

namespace nadir::test {
namespace {

class Traps : public RootTest {
protected:
    Traps() {
        std::memset(block.get(), 0, core::block::bytes);
        EXPECT_TRUE(core::build_descriptors(vcpu, arch::Selector{0x10}, arch::Selector{0x40},
                                            reinterpret_cast<uint64_t>(block.get())));
        // Where the processor would push it.
        frame = reinterpret_cast<cpu::TrapFrame*>(vcpu.tss.ist[core::ist::fault - 1] & ~uint64_t{15}) - 1;
        frame->rip = vmm.image_base + 0x1234;
        frame->rsp = 0x5678;
        frame->cs = 0x10;
    }
    void trap(uint64_t vector, uint64_t error_code = 0) {
        frame->vector = vector;
        frame->error_code = error_code;
        nadir_handle_trap(frame);
    }
    bool armed() { return (field(vmcs::primary_controls) & 1u << 22) != 0; }

    struct Free {
        void operator()(uint8_t* p) const { std::free(p); }
    };
    std::unique_ptr<uint8_t, Free> block{static_cast<uint8_t*>(std::aligned_alloc(4096, core::block::bytes))};
    cpu::TrapFrame* frame;
};

TEST_F(Traps, AnNmiIsOwedToTheGuest) {
    trap(2);
    EXPECT_EQ(vcpu.nmi_in_root, 1u);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    EXPECT_TRUE(armed());
    EXPECT_EQ(messages(), std::vector{Message::nmi_in_root});
    trap(2);
    trap(2);
    EXPECT_EQ(vcpu.nmi_in_root, 3u);
    EXPECT_EQ(vcpu.owed.nmi, 2u);
}

TEST_F(Traps, AnNmiWithoutAVmcsIsKeptForTheHost) {
    vcpu.vmx_on = 0;
    machine.now().current_vmcs = fake::Processor::no_vmcs; // any VMREAD would throw
    trap(2);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    trap(2);
    EXPECT_EQ(vcpu.owed.nmi, 2u) << "the first would have been in service, the second latched";
    trap(2);
    EXPECT_EQ(vcpu.owed.nmi, 2u) << "a third is lost on a bare processor, too";
    EXPECT_EQ(vcpu.nmi_in_root, 3u);
}

TEST_F(Traps, AMachineCheckIsOwedToTheGuest) {
    trap(18);
    EXPECT_EQ(vcpu.owed.machine_check, 1u);
    EXPECT_TRUE(armed());
    EXPECT_EQ(messages(), std::vector{Message::machine_check_in_root});
}

TEST_F(Traps, AFaultOfACheckedInstructionIsItsAnswer) {
    for (unsigned i = 0; i < 2; ++i) {
        const cpu::CheckedInstruction& entry = cpu::nadir_cpu_checked_table[i];
        const uint64_t instruction = reinterpret_cast<uint64_t>(&entry.instruction) + 0x1000 + i * 0x100;
        const uint64_t fix_up = reinterpret_cast<uint64_t>(&entry.fix_up) + 0x2000 + i * 0x100;
        for (const uint64_t vector : {13u, 6u}) {
            frame->rip = instruction;
            trap(vector);
            EXPECT_EQ(frame->rip, fix_up);
        }
        EXPECT_TRUE(messages().empty());
        frame->rip = instruction;
        EXPECT_THROW(trap(14), fake::Halted) << "a page fault is no answer";
        EXPECT_EQ(frame->rip, instruction);
        vcpu.log_next = 0;
        vcpu.trap_depth = 0;
        frame->rip = instruction + 1;
        EXPECT_THROW(trap(13), fake::Halted);
        vcpu.log_next = 0;
        vcpu.trap_depth = 0;
    }
}

TEST_F(Traps, AnyOtherFaultIsReportedAndStopsTheProcessor) {
    machine.state().cr2 = 0xBAD;
    for (const uint64_t vector : {0u, 3u, 6u, 8u, 13u, 14u, 21u, 31u}) {
        vcpu.log_next = 0;
        vcpu.trap_depth = 0;
        vcpu.state = NADIR_PROCESSOR_ON;
        EXPECT_THROW(trap(vector, 0x77), fake::Halted);
        EXPECT_EQ(messages(), (std::vector{Message::fault_in_root, Message::processor_dead}));
        EXPECT_EQ(log[0].argument[0], vector);
        EXPECT_EQ(log[0].argument[1], 0x77u);
        EXPECT_EQ(log[0].argument[2], 0x1234u) << "counted from the image's beginning";
        EXPECT_EQ(log[0].argument[3], 0xBADu);
        EXPECT_EQ(log[0].argument[4], 0x5678u);
        EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    }
}

TEST_F(Traps, AFaultInTheFaultHandlerStopsAtOnce) {
    EXPECT_THROW(trap(14), fake::Halted);
    const uint32_t records = vcpu.log_next;
    EXPECT_THROW(trap(14), fake::Halted);
    EXPECT_EQ(vcpu.log_next, records + 1) << "no second report, only that the processor is stopped";
}

TEST_F(Traps, AFaultIsAlsoPrintedWhereAPortIsNamed) {
    vmm.options.com1 = 0x3F8;
    vcpu.place.processor = 123;
    EXPECT_THROW(trap(14), fake::Halted);
    EXPECT_EQ(machine.com1.find("nadir[123] fault in root mode: vector 14"), 0u) << machine.com1;
    EXPECT_NE(machine.com1.find("\r\nnadir[123] this processor is stopped"), std::string::npos);
    // What is not recorded for its level is printed all the same: nothing may hide a fault.
    vmm.options.log_level = NADIR_LEVEL_ERROR;
}

TEST_F(Traps, Descriptors) {
    EXPECT_EQ(vcpu.gdt[2], arch::SegmentDescriptor::code64().value);
    const arch::SystemSegmentDescriptor task{arch::SegmentDescriptor{vcpu.gdt[8]}, vcpu.gdt[9]};
    EXPECT_EQ(task.base(), reinterpret_cast<uint64_t>(&vcpu.tss));
    EXPECT_EQ(task.limit(), sizeof(vcpu.tss) - 1);
    EXPECT_EQ(task.access_rights().type(), arch::segment_type::tss_busy);
    EXPECT_TRUE(task.access_rights().p());
    for (unsigned i = 0; i < core::root_gdt_entries; ++i) {
        EXPECT_EQ(vcpu.gdt[i] != 0, i == 2 || i == 8 || (i == 9 && task.high != 0)) << i;
    }
    const auto begin = reinterpret_cast<uint64_t>(block.get());
    for (const auto& [slot, page] :
         {std::pair{core::ist::nmi, core::block::nmi_stack}, std::pair{core::ist::fault, core::block::fault_stack}}) {
        const uint64_t top = vcpu.tss.ist[slot - 1];
        EXPECT_GT(top, begin + page * 4096);
        EXPECT_LE(top, begin + (page + 1) * 4096 - 8);
        EXPECT_EQ(top % 16, 0u);
        EXPECT_EQ(&core::vcpu_of_trap(reinterpret_cast<void*>(top - 8)), &vcpu);
        EXPECT_EQ(&core::vcpu_of_trap(reinterpret_cast<void*>(begin + page * 4096)), &vcpu);
    }
}

TEST_F(Traps, SelectorsThatRootModesGdtCanNotHave) {
    const auto build = [&](uint16_t code, uint16_t task) {
        return core::build_descriptors(vcpu, arch::Selector{code}, arch::Selector{task},
                                       reinterpret_cast<uint64_t>(block.get()));
    };
    EXPECT_TRUE(build(0x10, 0x40));
    EXPECT_TRUE(build(0x08, 0x70));
    EXPECT_TRUE(build(0x78, 0x10));
    EXPECT_FALSE(build(0x00, 0x40));
    EXPECT_FALSE(build(0x80, 0x40));
    EXPECT_FALSE(build(0x10, 0x00));
    EXPECT_FALSE(build(0x10, 0x78)) << "a TSS descriptor takes two places";
    EXPECT_FALSE(build(0x10, 0x80));
}

} // namespace
} // namespace nadir::test
