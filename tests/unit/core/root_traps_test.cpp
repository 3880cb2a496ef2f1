// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's own exceptions and NMIs.
#include "core/root/descriptor_tables.h"
#include "core/root/fault_report.h"
#include "cpu/entry_points.h"
#include "tests/unit/core/root_fixture.h"

extern "C" NADIR_CPU_ABI void nadir_handle_trap(nadir::cpu::TrapFrame* frame);

namespace nadir::test {
namespace {

class Traps : public RootTest {
protected:
    Traps() {
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
        EXPECT_EQ(messages(), (std::vector{Message::fault_in_root, Message::root_registers_1, Message::root_registers_2,
                                           Message::root_registers_3, Message::guest_state, Message::guest_instruction,
                                           Message::processor_dead}));
        EXPECT_EQ(log[0].argument[0], vector);
        EXPECT_EQ(log[0].argument[1], 0x77u);
        EXPECT_EQ(log[0].argument[2], 0x1234u) << "counted from the image's beginning";
        EXPECT_EQ(log[0].argument[3], 0xBADu);
        EXPECT_EQ(log[0].argument[4], 0x5678u);
        EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    }
}

TEST_F(Traps, AFaultInTheReportOfAFaultSaysSoAndAThirdIsSilent) {
    vcpu.state = NADIR_PROCESSOR_ON;
    EXPECT_THROW(trap(14), fake::Halted);
    const uint32_t records = vcpu.log_next;
    EXPECT_THROW(trap(6), fake::Halted);
    EXPECT_EQ(vcpu.log_next, records + 2);
    EXPECT_EQ(messages()[records], Message::fault_in_report);
    EXPECT_EQ(log[records].argument[0], 6u);
    EXPECT_EQ(log[records].argument[2], 0x1234u);
    EXPECT_EQ(last_record().message, static_cast<uint8_t>(Message::processor_dead));
    EXPECT_EQ(vcpu.vmx_on, 0u) << "what may have faulted is not read again";
    // Whatever the report needs is out of order: only the state may be touched.
    vcpu.state = NADIR_PROCESSOR_ON;
    vcpu.place.vmm = nullptr;
    vcpu.place.log = nullptr;
    EXPECT_THROW(core::stop_after_fault(vcpu, *frame), fake::Halted);
    EXPECT_EQ(vcpu.log_next, records + 2);
    EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
}

TEST_F(Traps, AFaultWithoutAVmcsReadsNone) {
    vcpu.vmx_on = 0;
    machine.now().current_vmcs = fake::Processor::no_vmcs; // any VMREAD would throw
    EXPECT_THROW(trap(13), fake::Halted);
    EXPECT_EQ(messages().back(), Message::processor_dead);
}

TEST_F(Traps, AReportShowsRootModesRegisters) {
    frame->rbx = 0xB0;
    frame->r8 = 0x80;
    frame->r15 = 0xF0;
    frame->rflags = 0x10002;
    EXPECT_THROW(trap(6), fake::Halted);
    EXPECT_EQ(log[1].argument[1], 0xB0u);
    EXPECT_EQ(log[2].argument[1], 0x80u);
    EXPECT_EQ(log[3].argument[2], 0xF0u);
    EXPECT_EQ(log[3].argument[3], 0x10002u);
}

TEST_F(Traps, AReportShowsTheLastExits) {
    for (uint32_t reason = 40; reason < 50; ++reason) {
        field(vmcs::exit_qualification) = reason * 16;
        core::finish_record(core::begin_record(vcpu, arch::ExitReason{reason}), Outcome::retry);
    }
    EXPECT_THROW(trap(6), fake::Halted);
    std::vector<uint64_t> reasons;
    for (uint32_t i = 0; i < vcpu.log_next; ++i) {
        if (log[i].message == static_cast<uint8_t>(Message::recorded_exit)) {
            reasons.push_back(log[i].argument[1]);
            EXPECT_EQ(log[i].argument[0], log[i].argument[1] - 40) << "the exit's number";
            EXPECT_EQ(log[i].argument[2], 0xFFFF'FFFF'8100'0000u);
            EXPECT_EQ(log[i].argument[3], log[i].argument[1] * 16);
        }
    }
    EXPECT_EQ(reasons, (std::vector<uint64_t>{42, 43, 44, 45, 46, 47, 48, 49}));
}

TEST_F(Traps, AReportShowsTheCallers) {
    // "Code" with a call at 0x100; its return address is 0x105.
    std::array<uint8_t, 4096> code{};
    code[0x100] = 0xE8;
    vmm.image_base = vmm.code_base = reinterpret_cast<uint64_t>(code.data());
    vmm.code_bytes = code.size();
    const uint64_t stack = vcpu.place.block + core::block::nmi_stack * 4096;
    const auto put = [&](uint64_t at, uint64_t value) { *reinterpret_cast<uint64_t*>(stack + at) = value; };
    put(0x200, vmm.code_base + 0x105); // below RSP: left over
    put(0x408, vmm.code_base + 0x105);
    put(0x410, vmm.code_base + 0x106); // no call before it
    put(0x418, vmm.code_base + code.size());
    put(0x420, vmm.code_base + 0x105);
    frame->rsp = stack + 0x404;
    EXPECT_THROW(trap(6), fake::Halted);
    std::vector<std::pair<uint64_t, uint64_t>> callers;
    for (uint32_t i = 0; i < vcpu.log_next; ++i) {
        if (log[i].message == static_cast<uint8_t>(Message::root_caller)) {
            callers.emplace_back(log[i].argument[0], log[i].argument[1] - stack);
        }
    }
    EXPECT_EQ(callers, (std::vector<std::pair<uint64_t, uint64_t>>{{0x105, 0x408}, {0x105, 0x420}}));
    // A stack that ran into its guard page is shown from its mapped end on.
    vcpu.trap_depth = 0;
    vcpu.log_next = 0;
    frame->rsp = vcpu.place.block + core::block::fault_stack * 4096 - 8;
    *reinterpret_cast<uint64_t*>(vcpu.place.block + core::block::fault_stack * 4096) = vmm.code_base + 0x105;
    EXPECT_THROW(trap(14), fake::Halted);
    EXPECT_EQ(log[4].message, static_cast<uint8_t>(Message::root_caller));
}

TEST_F(Traps, AnNmiFindsRootModeAtTheExitThatIsOverdue) {
    vcpu.state = NADIR_PROCESSOR_STUCK;
    core::begin_record(vcpu, arch::ExitReason{12});
    vcpu.watch.overdue = 1;
    EXPECT_THROW(trap(2), fake::Halted);
    EXPECT_EQ(messages().front(), Message::processor_hangs);
    EXPECT_EQ(log[0].argument[0], 0u) << "the exit's number";
    EXPECT_EQ(log[0].argument[1], 0x1234u);
    EXPECT_EQ(vcpu.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    EXPECT_EQ(core::exit_ring(vcpu).state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    EXPECT_EQ(vcpu.owed.nmi, 0u);
}

TEST_F(Traps, AnNmiAfterTheOverdueExitIsTheGuests) {
    vcpu.state = NADIR_PROCESSOR_STUCK;
    nadir_exit_record* record = core::begin_record(vcpu, arch::ExitReason{12});
    vcpu.watch.overdue = 1;
    core::finish_record(record, Outcome::retry);
    trap(2);
    EXPECT_EQ(vcpu.owed.nmi, 1u);
    core::begin_record(vcpu, arch::ExitReason{12});
    trap(2);
    EXPECT_EQ(vcpu.owed.nmi, 2u);
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
