// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A task switch on the fake machine, for what the emulator can't show or no bare run can reach. The switch itself is compared
// bare and virtualised by tests/bare/test_modes.py.
#include "arch/tss.h"
#include "arch/vmx/exit_qualification.h"
#include "core/exits/handlers.h"
#include "tests/fakes/window.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using arch::AccessRights;
using arch::SegmentDescriptor;
using arch::TaskStateSegment32;
using arch::TaskSwitchSource;
using arch::Vector;

class TaskSwitch : public RootTest {
protected:
    // Page 0: GDT; 1: old TSS; 2: new TSS; 3: a page directory that maps the first 4 MiB page to these pages' surroundings.
    TaskSwitch() {
        machine.memory.next_physical = 0x40'0000;
        memory = machine.memory.allocate(4 * 4096);
        base = static_cast<uint32_t>(machine.memory.physical_of(memory));
        vmm.ept.physical_bits = 40;
        vmm.controls.secondary.set_enable_vpid(true);

        descriptor(code) = SegmentDescriptor::code64().set_l(false).set_db(true).value;
        descriptor(data) = SegmentDescriptor::data().value;
        descriptor(old_tss) = tss_descriptor(1, arch::segment_type::tss_busy);
        descriptor(new_tss) = tss_descriptor(2, arch::segment_type::tss_available);
        next().eip = 0x1234;
        next().eflags = 2;
        next().cr3 = base + 3 * 4096;
        next().cs = code;
        next().es = next().ss = next().ds = next().fs = next().gs = data;
        auto* directory = reinterpret_cast<uint32_t*>(memory + 3 * 4096);
        directory[base >> 22] = (base & 0xFFC0'0000) | 0x83; // present, writable, 4 MiB

        field(vmcs::guest_cr0) = 0x31;
        field(vmcs::guest_cr4) = 0x10; // PSE
        field(vmcs::guest_efer) = 0;
        field(vmcs::guest_gdtr_base) = base;
        field(vmcs::guest_gdtr_limit) = 0x2F;
        field(vmcs::guest_tr_selector) = old_tss;
        field(vmcs::guest_tr_base) = base + 4096;
        field(vmcs::guest_tr_limit) = 0x67;
        field(vmcs::guest_tr_access_rights) = 0x8B;
        field(vmcs::guest_rip) = 0x7000;
        field(vmcs::guest_rflags) = 0x2;
        field(vmcs::guest_interruptibility) = 0;
        field(vmcs::guest_activity_state) = 0;
        field(vmcs::exit_instruction_length) = 7;
        field(vmcs::guest_dr7) = 0x7FF;
        for (const auto f : {vmcs::guest_es_selector, vmcs::guest_cs_selector, vmcs::guest_ss_selector,
                             vmcs::guest_ds_selector, vmcs::guest_fs_selector, vmcs::guest_gs_selector}) {
            field(f) = data;
        }
        field(vmcs::guest_cr3) = base + 3 * 4096;
        field(vmcs::guest_rsp) = 0x6000;
        field(vmcs::entry_interruption_information) = 0;
        field(vmcs::idt_vectoring_information) = 0;
    }

    static constexpr uint16_t code = 8, data = 16, old_tss = 24, new_tss = 32;

    uint64_t& descriptor(uint16_t selector) { return reinterpret_cast<uint64_t*>(memory)[selector / 8]; }
    uint64_t tss_descriptor(unsigned page, uint8_t type) const {
        return SegmentDescriptor{}.set_base(base + page * 4096).set_limit(0x67).set_type(type).set_p(true).value;
    }
    TaskStateSegment32& old() { return *reinterpret_cast<TaskStateSegment32*>(memory + 4096); }
    TaskStateSegment32& next() { return *reinterpret_cast<TaskStateSegment32*>(memory + 2 * 4096); }
    bool busy(uint16_t selector) { return (SegmentDescriptor{descriptor(selector)}.type() & 2) != 0; }

    Outcome make(TaskSwitchSource source) {
        field(vmcs::exit_qualification) =
            arch::TaskSwitchQualification{}.set_selector(new_tss).set_source(source).value;
        return core::exits::task_switch(vcpu);
    }

    uint8_t* memory;
    uint32_t base;
    fake::Window window{machine, vmm};
};

TEST_F(TaskSwitch, ACallSavesLoadsAndLinks) {
    vcpu.registers.rax() = 0xFFFF'FFFF'1111'2222;
    EXPECT_EQ(make(TaskSwitchSource::call), Outcome::retry);
    EXPECT_EQ(old().eip, 0x7007u);
    EXPECT_EQ(old().eax, 0x1111'2222u);
    EXPECT_EQ(next().previous_task, old_tss);
    EXPECT_TRUE(busy(old_tss) && busy(new_tss));
    EXPECT_EQ(field(vmcs::guest_rip), 0x1234u);
    EXPECT_EQ(field(vmcs::guest_tr_selector), new_tss);
    EXPECT_EQ(field(vmcs::guest_tr_access_rights), 0x8Bu);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x4002u);
    EXPECT_EQ(field(vmcs::guest_cr0), 0x39u);
    EXPECT_EQ(field(vmcs::guest_dr7), 0x6AAu);
    EXPECT_FALSE(injected().valid());
    EXPECT_FALSE(window.open());
}

TEST_F(TaskSwitch, ANewAddressSpaceForgetsTheOldOnesTranslations) {
    field(vmcs::guest_cr0) |= 0x8000'0000;
    EXPECT_EQ(make(TaskSwitchSource::jmp), Outcome::retry);
    EXPECT_TRUE(machine.journal.empty()) << "the same address space";
    descriptor(old_tss) = tss_descriptor(1, arch::segment_type::tss_busy);
    descriptor(new_tss) = tss_descriptor(2, arch::segment_type::tss_available);
    field(vmcs::guest_tr_selector) = old_tss;
    field(vmcs::guest_tr_base) = base + 4096;
    next().cr3 = base + 3 * 4096 + 8; // PWT
    EXPECT_EQ(make(TaskSwitchSource::jmp), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_cr3), base + 3 * 4096 + 8);
    EXPECT_EQ(machine.journal.size(), 1u);
}

TEST_F(TaskSwitch, AnEventIsOverWithItsSwitch) {
    field(vmcs::idt_vectoring_information) = arch::InterruptionInformation::make(2, arch::InterruptionType::nmi).value;
    field(vmcs::guest_activity_state) = 1;
    field(vmcs::guest_interruptibility) = 1;
    EXPECT_EQ(make(TaskSwitchSource::task_gate), Outcome::retry);
    EXPECT_EQ(old().eip, 0x7000u) << "no instruction is behind it";
    EXPECT_FALSE(injected().valid());
    EXPECT_EQ(field(vmcs::guest_interruptibility), 8u) << "NMIs are blocked, the shadow of STI is over";
    EXPECT_EQ(field(vmcs::guest_activity_state), 0u);
    std::swap(descriptor(old_tss), descriptor(new_tss));
    EXPECT_EQ(make(TaskSwitchSource::iret), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u) << "IRET ends blocking by NMI";
}

TEST_F(TaskSwitch, AFaultBeforeTheCommitPointChangesNothing) {
    field(vmcs::guest_cr0) |= 0x8000'0000;
    field(vmcs::guest_tr_base) = 0x1000'0000; // not mapped
    vcpu.registers.rax() = 5;
    const std::vector<uint8_t> before(memory, memory + 3 * 4096);
    EXPECT_EQ(make(TaskSwitchSource::jmp), Outcome::retry);
    EXPECT_EQ(injected(), arch::InterruptionInformation::exception(Vector::page_fault));
    EXPECT_EQ(machine.state().cr2, 0x1000'0020u);
    EXPECT_EQ(field(vmcs::guest_rip), 0x7000u);
    EXPECT_EQ(field(vmcs::guest_tr_selector), old_tss);
    EXPECT_EQ(before, std::vector<uint8_t>(memory, memory + 3 * 4096));
}

TEST_F(TaskSwitch, BadPdptesAreTheNewTasksException) {
    field(vmcs::guest_cr0) |= 0x8000'0000;
    field(vmcs::guest_cr4) = 0x20;
    const uint64_t table = base + 3 * 4096;
    for (const auto f : {vmcs::guest_pdpte0, vmcs::guest_pdpte1, vmcs::guest_pdpte2, vmcs::guest_pdpte3}) {
        field(f) = table | 1;
    }
    reinterpret_cast<uint64_t*>(memory + 3 * 4096)[base >> 21] = (base & 0xFFE0'0000) | 0x83;
    next().cr3 = base + 2 * 4096 + 0x800;
    auto* pointers = reinterpret_cast<uint64_t*>(memory + 2 * 4096 + 0x800);
    pointers[0] = table | 1;
    EXPECT_EQ(make(TaskSwitchSource::jmp), Outcome::retry);
    EXPECT_FALSE(injected().valid());
    EXPECT_EQ(field(vmcs::guest_pdpte0), table | 1);
    EXPECT_EQ(field(vmcs::guest_pdpte1), 0u);

    descriptor(old_tss) = tss_descriptor(1, arch::segment_type::tss_busy);
    descriptor(new_tss) = tss_descriptor(2, arch::segment_type::tss_available);
    field(vmcs::guest_tr_selector) = old_tss;
    field(vmcs::guest_tr_base) = base + 4096;
    field(vmcs::guest_cr3) = 0;
    pointers[3] = 3; // a reserved bit
    EXPECT_EQ(make(TaskSwitchSource::jmp), Outcome::retry);
    EXPECT_EQ(injected(), arch::InterruptionInformation::exception(Vector::invalid_tss));
    EXPECT_EQ(field(vmcs::guest_tr_selector), new_tss);
    EXPECT_EQ(field(vmcs::guest_pdpte0), 0u);
}

TEST_F(TaskSwitch, AThirdFaultIsATripleFault) {
    field(vmcs::idt_vectoring_information) = arch::InterruptionInformation::exception(Vector::double_fault).value;
    next().ss = 0;
    EXPECT_THROW(make(TaskSwitchSource::task_gate), fake::TripleFault);
}

} // namespace
} // namespace nadir::test
