// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a start writes into the VMCS: every field that a VM entry uses, with the value of the running processor or of root mode.
#include "core/vmcs_setup.h"

#include <set>

#include "arch/vmx/field_table.h"
#include "core/processor_state.h"
#include "core/root/descriptor_tables.h"
#include "cpu/entry_points.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

namespace vmcs = arch::vmcs;

class VmcsSetup : public MachineTest {
protected:
    void begin() {
        ASSERT_EQ(start(), NADIR_OK) << report.text;
        // As it was before the first VM exit, which the confirming hypercall caused.
        machine.switch_to(0);
    }
    uint64_t get(uint32_t encoding) { return machine.field(encoding); }
    template <typename Field>
    uint64_t get(Field f) {
        return machine.field(f);
    }
    ~VmcsSetup() override {
        if (session != nullptr) {
            stop();
            release();
        }
    }
};

// Fields that need not be written: of features that are not in use. Everything else must be, for a VMCS that was cleared
// holds nothing that may be relied on.
TEST_F(VmcsSetup, EveryFieldInUseIsWritten) {
    begin();
    const std::set<std::string_view> unused = {"posted_interrupt_notification_vector",
                                               "eptp_index",
                                               "hlat_prefix_size",
                                               "last_pid_pointer_index",
                                               "virtual_timer_vector",
                                               "guest_interrupt_status",
                                               "pml_index",
                                               "guest_uinv",
                                               "io_bitmap_a",
                                               "io_bitmap_b",
                                               "exit_msr_store_address",
                                               "exit_msr_load_address",
                                               "entry_msr_load_address",
                                               "executive_vmcs_pointer",
                                               "pml_address",
                                               "tsc_offset",
                                               "virtual_apic_address",
                                               "apic_access_address",
                                               "posted_interrupt_descriptor_address",
                                               "vm_function_controls",
                                               "eoi_exit_bitmap_0",
                                               "eoi_exit_bitmap_1",
                                               "eoi_exit_bitmap_2",
                                               "eoi_exit_bitmap_3",
                                               "eptp_list_address",
                                               "vmread_bitmap",
                                               "vmwrite_bitmap",
                                               "virtualization_exception_information_address",
                                               "encls_exiting_bitmap",
                                               "sub_page_permission_table_pointer",
                                               "tsc_multiplier",
                                               "tertiary_controls",
                                               "enclv_exiting_bitmap",
                                               "low_pasid_directory_address",
                                               "high_pasid_directory_address",
                                               "shared_eptp",
                                               "pconfig_exiting_bitmap",
                                               "hlat_pointer",
                                               "pid_pointer_table_address",
                                               "secondary_exit_controls",
                                               "spec_ctrl_mask",
                                               "spec_ctrl_shadow",
                                               "guest_deadline_shadow",
                                               "injected_event_data",
                                               "guest_perf_global_ctrl",
                                               "guest_pdpte0",
                                               "guest_pdpte1",
                                               "guest_pdpte2",
                                               "guest_pdpte3",
                                               "guest_bndcfgs",
                                               "guest_rtit_ctl",
                                               "guest_lbr_ctl",
                                               "guest_pkrs",
                                               "guest_fred_config",
                                               "guest_fred_rsp1",
                                               "guest_fred_rsp2",
                                               "guest_fred_rsp3",
                                               "guest_fred_stklvls",
                                               "guest_fred_ssp1",
                                               "guest_fred_ssp2",
                                               "guest_fred_ssp3",
                                               "guest_spec_ctrl",
                                               "guest_deadline",
                                               "host_perf_global_ctrl",
                                               "host_pkrs",
                                               "host_fred_config",
                                               "host_fred_rsp1",
                                               "host_fred_rsp2",
                                               "host_fred_rsp3",
                                               "host_fred_stklvls",
                                               "host_fred_ssp1",
                                               "host_fred_ssp2",
                                               "host_fred_ssp3",
                                               "host_spec_ctrl",
                                               "entry_exception_error_code",
                                               "entry_instruction_length",
                                               "tpr_threshold",
                                               "ple_gap",
                                               "ple_window",
                                               "instruction_timeout_control",
                                               "seam_guest_keyid",
                                               "guest_smbase",
                                               "preemption_timer_value",
                                               "cr3_target_value_0",
                                               "cr3_target_value_1",
                                               "cr3_target_value_2",
                                               "cr3_target_value_3",
                                               "guest_s_cet",
                                               "guest_ssp",
                                               "guest_interrupt_ssp_table",
                                               "host_s_cet",
                                               "host_ssp",
                                               "host_interrupt_ssp_table"};
    for (const arch::VmcsFieldInfo& info : arch::vmcs_fields) {
        if (info.group() != arch::FieldGroup::read_only && !unused.contains(info.name)) {
            EXPECT_TRUE(machine.written.contains(info.encoding.value)) << info.name;
        }
    }
}

TEST_F(VmcsSetup, Controls) {
    begin();
    EXPECT_EQ(get(vmcs::pin_controls), 0x16u) << "nothing but what the processor demands";
    EXPECT_EQ(get(vmcs::primary_controls), 0x0400'6172u | 1u << 28 | 1u << 31) << "MSR bitmaps, secondary controls";
    const arch::SecondaryControls secondary{static_cast<uint32_t>(get(vmcs::secondary_controls))};
    EXPECT_TRUE(secondary.enable_ept() && secondary.enable_vpid() && secondary.unrestricted_guest());
    EXPECT_TRUE(secondary.enable_rdtscp() && secondary.enable_invpcid() && secondary.enable_xsaves());
    const arch::EntryControls entry{static_cast<uint32_t>(get(vmcs::entry_controls))};
    EXPECT_TRUE(entry.ia32e_mode_guest() && entry.load_efer() && entry.load_pat() && entry.load_debug_controls());
    EXPECT_EQ(get(vmcs::exception_bitmap), 0u);
    EXPECT_EQ(get(vmcs::vpid), 1u);
    EXPECT_EQ(get(vmcs::link_pointer), ~uint64_t{0});
    EXPECT_EQ(get(vmcs::cr0_mask), 0x20u) << "of CR0 only NE is ours";
    EXPECT_EQ(get(vmcs::cr4_mask), 0x2000u) << "of CR4 only VMXE";
    EXPECT_EQ(get(vmcs::host_rip), reinterpret_cast<uint64_t>(&cpu::nadir_cpu_exit_entry)) << "after the first exit";
    EXPECT_EQ(get(vmcs::host_efer), 0xD00u);
    EXPECT_EQ(get(vmcs::host_pat), 0x0007'0406'0007'0406u);
    EXPECT_EQ(get(vmcs::host_cr0) & 0x8001'0021, 0x8001'0021u);
    for (const auto& f : {vmcs::host_es_selector, vmcs::host_ss_selector, vmcs::host_ds_selector,
                          vmcs::host_fs_selector, vmcs::host_gs_selector}) {
        EXPECT_EQ(get(f), 0u);
    }
    EXPECT_EQ(get(vmcs::host_cs_selector), 0x10u);
    EXPECT_EQ(get(vmcs::host_tr_selector), 0x40u);
    EXPECT_EQ(get(vmcs::host_rsp) % 16, 0u);
}

TEST_F(VmcsSetup, RootModesPlaces) {
    begin();
    // Root mode's memory is hidden from the code of the test, which is a guest: so the addresses are compared.
    const uint64_t block = get(vmcs::host_rsp) - core::vcpu_offset;
    const uint64_t vcpu_address = block + core::vcpu_offset;
    EXPECT_EQ(block % 4096, 0u);
    EXPECT_EQ(get(vmcs::host_gdtr_base), vcpu_address + offsetof(core::Vcpu, gdt));
    EXPECT_EQ(get(vmcs::host_tr_base), vcpu_address + offsetof(core::Vcpu, tss));
    EXPECT_EQ(machine.memory.physical_of(reinterpret_cast<void*>(block)), machine.now().vmxon_region);
    EXPECT_EQ(machine.now().current_vmcs, machine.now().vmxon_region + core::block::vmcs * 4096);
}

TEST_F(VmcsSetup, TheFirstEntryLeavesTheDebugRegistersAlone) {
    // Seen at the moment of launch: a start that ends in a failed entry shows it.
    static uint64_t controls;
    machine.entry_failure = 33;
    machine.on_entry_failure = [](core::Vcpu&) { controls = fake::machine->field(vmcs::entry_controls); };
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_EQ(controls & arch::EntryControls::load_debug_controls_mask, 0u);
    arch::Capabilities c = example_processor();
    set_msr_bits(c, msr::vmx_true_entry, arch::EntryControls::load_debug_controls_mask); // a processor that forces it
    machine.become(c);
    EXPECT_EQ(start(), NADIR_ENTRY_FAILED);
    EXPECT_NE(controls & arch::EntryControls::load_debug_controls_mask, 0u);
}

TEST_F(VmcsSetup, FixedBits) {
    const core::FixedBits bits{0x21, 0xFF};
    EXPECT_EQ(bits.adjust(0), 0x21u);
    EXPECT_EQ(bits.adjust(0xF00), 0x21u);
    EXPECT_TRUE(bits.accepts(0x23));
    EXPECT_FALSE(bits.accepts(0x1));
    EXPECT_FALSE(bits.accepts(0x121));
    const arch::Capabilities c = example_processor();
    EXPECT_EQ(core::cr0_fixed_bits(c).ones, 0x8000'0021u);
    EXPECT_EQ(core::guest_cr0_fixed_bits(c).ones, 0x20u);
    EXPECT_EQ(core::cr4_fixed_bits(c).ones, 0x2000u);
}

class Segments : public MachineTest {};

TEST_F(Segments, AsTheTablesSay) {
    fake::Processor& p = machine.now();
    p.gdt.assign(16, 0);
    p.gdt[2] = arch::SegmentDescriptor::code64().value;
    p.gdt[3] = arch::SegmentDescriptor::data(3).set_base(0x1234'5678).value;
    const auto task = arch::SystemSegmentDescriptor::make(0xFFFF'8000'1234'5000, 0x67, arch::segment_type::tss_busy);
    p.gdt[8] = task.low.value;
    p.gdt[9] = task.high;
    std::vector<uint64_t> ldt(4, 0);
    ldt[1] = arch::SegmentDescriptor::data().set_g(false).set_limit(0xFFF).value;
    const arch::DescriptorTableRegister gdtr{127, reinterpret_cast<uint64_t>(p.gdt.data())};
    const auto at = [&](uint16_t selector) {
        return core::segment_from_tables(arch::Selector{selector}, gdtr, reinterpret_cast<uint64_t>(ldt.data()));
    };
    EXPECT_EQ(at(0).rights, arch::AccessRights::none());
    EXPECT_EQ(at(3).rights, arch::AccessRights::none()) << "null whatever the RPL";
    EXPECT_EQ(at(3).selector.value, 3u);
    EXPECT_EQ(at(0x10).rights.value, 0xA09Bu);
    EXPECT_EQ(at(0x10).limit, 0xFFFF'FFFFu);
    EXPECT_EQ(at(0x1B).base, 0x1234'5678u);
    EXPECT_EQ(at(0x1B).rights.dpl(), 3u);
    EXPECT_EQ(at(0x40).base, 0xFFFF'8000'1234'5000u);
    EXPECT_EQ(at(0x40).limit, 0x67u);
    EXPECT_EQ(at(0x40).rights.value, 0x8Bu);
    EXPECT_EQ(at(0x0C).limit, 0xFFFu) << "from the LDT";
}

TEST_F(Segments, TheLdtItselfIsInTheGdt) {
    fake::Processor& p = machine.now();
    std::vector<uint64_t> ldt(4, 0);
    ldt[1] = arch::SegmentDescriptor::data(3).set_base(0x77'0000).value;
    const auto table =
        arch::SystemSegmentDescriptor::make(reinterpret_cast<uint64_t>(ldt.data()), 31, arch::segment_type::ldt);
    p.gdt[4] = table.low.value;
    p.gdt[5] = table.high;
    p.state.ldtr = 0x20;
    p.state.ds = 0x0F; // LDT, index 1
    const core::ProcessorState s = core::capture_processor(example_processor());
    EXPECT_EQ(s.ldtr.base, reinterpret_cast<uint64_t>(ldt.data()));
    EXPECT_EQ(s.ldtr.limit, 31u);
    EXPECT_EQ(s.ds.base, 0x77'0000u);
}

} // namespace
} // namespace nadir::test
