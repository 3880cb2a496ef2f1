// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/vmcs_setup.h"

#include "arch/vmx/fields.h"
#include "core/gdb/attend.h"
#include "core/root/descriptor_tables.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmwrite;

namespace {

void write_controls(const Vcpu& vcpu) {
    const Controls& c = vcpu.place.vmm->controls;
    vmwrite(vmcs::pin_controls, c.pin);
    vmwrite(vmcs::primary_controls, c.primary);
    vmwrite(vmcs::secondary_controls, c.secondary);
    vmwrite(vmcs::exit_controls, c.exit);
    if (vcpu.place.vmm->debugger != nullptr) {
        gdb::join(vcpu);
    }
    // The first entry leaves DR7 and IA32_DEBUGCTL as they are, and the first exit saves them: so their values get into
    // the VMCS without a RDMSR of IA32_DEBUGCTL, which no CPUID bit announces. nadir_first_exit sets the final controls.
    EntryControls first = c.entry;
    if (!vcpu.place.vmm->capabilities.entry().forces(EntryControls::load_debug_controls_mask)) {
        first.set_load_debug_controls(false);
    }
    vmwrite(vmcs::entry_controls, first);
    vmwrite(vmcs::exception_bitmap, 0);
    vmwrite(vmcs::page_fault_error_code_mask, 0);
    vmwrite(vmcs::page_fault_error_code_match, 0);
    vmwrite(vmcs::cr3_target_count, 0);
    vmwrite(vmcs::exit_msr_store_count, 0);
    vmwrite(vmcs::exit_msr_load_count, 0);
    vmwrite(vmcs::entry_msr_load_count, 0);
    vmwrite(vmcs::entry_interruption_information, InterruptionInformation{});
    vmwrite(vmcs::msr_bitmap, vcpu.place.vmm->msr_bitmap_physical);
    vmwrite(vmcs::eptp, vcpu.place.vmm->eptp);
    if (c.secondary.enable_vpid()) {
        vmwrite(vmcs::vpid, 1); // one guest per processor: VPID 0 is root mode's
    }
    if (c.secondary.enable_xsaves()) {
        vmwrite(vmcs::xss_exiting_bitmap, 0);
    }
}

void write_control_registers(const Vcpu& vcpu, const ProcessorState& state) {
    const Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const FixedBits cr0 = guest_cr0_fixed_bits(capabilities);
    const FixedBits cr4 = cr4_fixed_bits(capabilities);
    vmwrite(vmcs::guest_cr0, Cr0{cr0.adjust(state.cr0.value)});
    vmwrite(vmcs::guest_cr4, Cr4{cr4.adjust(state.cr4.value)});
    // Only what VMX fixes is ours; the guest sees its own value of it.
    vmwrite(vmcs::cr0_mask, Cr0{cr0.ones});
    vmwrite(vmcs::cr4_mask, Cr4{cr4.ones});
    vmwrite(vmcs::cr0_read_shadow, state.cr0);
    vmwrite(vmcs::cr4_read_shadow, state.cr4);
}

void write_host_state(Vcpu& vcpu, const ProcessorState& state) {
    const Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const Cr0 cr0 = Cr0{}.set_pe(true).set_mp(true).set_et(true).set_ne(true).set_wp(true).set_pg(true);
    vmwrite(vmcs::host_cr0, Cr0{cr0_fixed_bits(capabilities).adjust(cr0.value)});
    vmwrite(vmcs::host_cr3, Cr3{vcpu.place.vmm->root_cr3});
    vmwrite(vmcs::host_cr4, Cr4{vcpu.place.vmm->root_cr4});
    vmwrite(vmcs::host_es_selector, Selector{});
    vmwrite(vmcs::host_ss_selector, Selector{});
    vmwrite(vmcs::host_ds_selector, Selector{});
    vmwrite(vmcs::host_fs_selector, Selector{});
    vmwrite(vmcs::host_gs_selector, Selector{});
    vmwrite(vmcs::host_cs_selector, state.cs.selector);
    vmwrite(vmcs::host_tr_selector, state.tr.selector);
    vmwrite(vmcs::host_fs_base, 0);
    vmwrite(vmcs::host_gs_base, 0);
    vmwrite(vmcs::host_tr_base, reinterpret_cast<uint64_t>(&vcpu.tss));
    vmwrite(vmcs::host_gdtr_base, reinterpret_cast<uint64_t>(vcpu.gdt));
    vmwrite(vmcs::host_idtr_base, vcpu.place.vmm->idt);
    vmwrite(vmcs::host_sysenter_cs, 0);
    vmwrite(vmcs::host_sysenter_esp, 0);
    vmwrite(vmcs::host_sysenter_eip, 0);
    vmwrite(vmcs::host_efer, Efer{}.set_lme(true).set_lma(true).set_nxe(true));
    constexpr uint64_t pat_after_reset = 0x0007'0406'0007'0406;
    vmwrite(vmcs::host_pat, Pat{pat_after_reset});
    if (capabilities.cet_ss() || capabilities.cet_ibt()) {
        vmwrite(vmcs::host_s_cet, CetControl{});
        vmwrite(vmcs::host_ssp, 0);
        vmwrite(vmcs::host_interrupt_ssp_table, 0);
    }
    if (capabilities.pks()) {
        vmwrite(vmcs::host_pkrs, Pkrs{});
    }
    vmwrite(vmcs::host_rsp, reinterpret_cast<uint64_t>(&vcpu));
    vmwrite(vmcs::host_rip, reinterpret_cast<uint64_t>(&cpu::nadir_cpu_first_exit_entry));
}

} // namespace

FixedBits cr0_fixed_bits(const Capabilities& c) {
    return {c.msr(capability_msr::vmx_cr0_fixed0), c.msr(capability_msr::vmx_cr0_fixed1)};
}

FixedBits guest_cr0_fixed_bits(const Capabilities& c) {
    FixedBits bits = cr0_fixed_bits(c);
    bits.ones &= ~uint64_t{Cr0::pe_mask | Cr0::pg_mask};
    return bits;
}

FixedBits cr4_fixed_bits(const Capabilities& c) {
    return {c.msr(capability_msr::vmx_cr4_fixed0), c.msr(capability_msr::vmx_cr4_fixed1)};
}

bool set_up_vmcs(Vcpu& vcpu, const ProcessorState& state, uint64_t& refused_field) {
    // The one VMWRITE whose flags are read: with a current VMCS and a field that exists none can fail, and the probe made
    // sure of the fields. A processor (or an outer hypervisor) that disagrees shows it here.
    for (const uint64_t field : {uint64_t{vmcs::eptp.encoding}, uint64_t{vmcs::secondary_controls.encoding},
                                 uint64_t{vmcs::host_efer.encoding}, uint64_t{vmcs::guest_pat.encoding}}) {
        if (cpu::vmwrite_raw(field, 0) != cpu::VmxStatus::succeeded) {
            refused_field = field;
            return false;
        }
    }
    write_controls(vcpu);
    write_control_registers(vcpu, state);
    write_guest_state(state, vcpu.place.vmm->capabilities);
    write_host_state(vcpu, state);
    return true;
}

// Two entries in place of a branch on the path of each CPUID: the usual one answers most by itself, without a record.
uint64_t usual_exit_entry(const Vmm& vmm) {
    const bool all = vmm.options.record_every_exit != 0;
    if (vmm.debugger != nullptr) {
        return reinterpret_cast<uint64_t>(all ? &cpu::nadir_cpu_watched_exit_entry
                                              : &cpu::nadir_cpu_planned_exit_entry);
    }
    return reinterpret_cast<uint64_t>(all ? &cpu::nadir_cpu_general_exit_entry : &cpu::nadir_cpu_exit_entry);
}

extern "C" NADIR_CPU_ABI void nadir_first_exit(Vcpu* vcpu) {
    if (cpu::vmread(vmcs::exit_reason).entry_failure()) {
        return;
    }
    vcpu->launched = 1;
    vmwrite(vmcs::entry_controls, vcpu->place.vmm->controls.entry);
    vmwrite(vmcs::host_rip, usual_exit_entry(*vcpu->place.vmm));
}

} // namespace nadir::core
