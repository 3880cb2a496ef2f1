// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The addresses that VM-execution controls ask for, and the EPT pointer. [SDM3 "VM-Execution Control Fields"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr std::string_view address_hint = "It has to be a physical address, not a virtual one";

Breach address(const EntryContext& c, std::uint64_t value, unsigned alignment_bits) {
    return Breach::of_bits(c.bad_physical_bits(value, alignment_bits));
}

constexpr EntryRule rules[] = {
    {"control.io-bitmap-a", "the address of I/O bitmap A is page-aligned and within the physical-address width",
     address_hint, fields(io_bitmap_a, primary_controls),
     [](const EntryContext& c) {
         return c.primary().use_io_bitmaps() ? address(c, c.get(io_bitmap_a), 12) : Breach{};
     }},
    {"control.io-bitmap-b", "the address of I/O bitmap B is page-aligned and within the physical-address width",
     address_hint, fields(io_bitmap_b, primary_controls),
     [](const EntryContext& c) {
         return c.primary().use_io_bitmaps() ? address(c, c.get(io_bitmap_b), 12) : Breach{};
     }},
    {"control.msr-bitmap", "the address of the MSR bitmaps is page-aligned and within the physical-address width",
     address_hint, fields(msr_bitmap, primary_controls),
     [](const EntryContext& c) {
         return c.primary().use_msr_bitmaps() ? address(c, c.get(msr_bitmap), 12) : Breach{};
     }},
    {"control.virtual-apic", "the virtual-APIC address is page-aligned and within the physical-address width",
     address_hint, fields(virtual_apic_address, primary_controls),
     [](const EntryContext& c) {
         return c.primary().use_tpr_shadow() ? address(c, c.get(virtual_apic_address), 12) : Breach{};
     }},
    {"control.tpr-threshold.reserved",
     "with \"use TPR shadow\" and without \"virtual-interrupt delivery\", bits 31:4 of the TPR threshold are 0",
     "The threshold is a priority class, 0 to 15, not a vector",
     fields(tpr_threshold, primary_controls, secondary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.primary().use_tpr_shadow() && !c.secondary().virtual_interrupt_delivery()
                                    ? c.get(tpr_threshold) & 0xFFFF'FFF0u
                                    : 0);
     }},
    {"control.tpr-threshold.vtpr",
     "with \"use TPR shadow\", without \"virtualize APIC accesses\" and \"virtual-interrupt delivery\", the TPR threshold is not "
     "above bits 7:4 of the virtual TPR",
     "Write 0 until the guest has raised its TPR", fields(tpr_threshold, virtual_apic_address),
     [](const EntryContext& c) {
         const auto s = c.secondary();
         std::uint32_t vtpr = 0;
         if (!c.primary().use_tpr_shadow() || s.virtualize_apic_accesses() || s.virtual_interrupt_delivery() ||
             !c.read_memory(c.get(virtual_apic_address) + 0x80, &vtpr, sizeof(vtpr))) {
             return Breach{};
         }
         return Breach::when((c.get(tpr_threshold) & 0xF) > ((vtpr >> 4) & 0xF));
     }},
    {"control.apic-access", "the APIC-access address is page-aligned and within the physical-address width",
     address_hint, fields(apic_access_address, secondary_controls),
     [](const EntryContext& c) {
         return c.secondary().virtualize_apic_accesses() ? address(c, c.get(apic_access_address), 12) : Breach{};
     }},
    {"control.posted-interrupt-descriptor",
     "the posted-interrupt descriptor is 64-byte aligned and within the physical-address width", address_hint,
     fields(posted_interrupt_descriptor_address, pin_controls),
     [](const EntryContext& c) {
         return c.pin().posted_interrupts() ? address(c, c.get(posted_interrupt_descriptor_address), 6) : Breach{};
     }},
    {"control.eptp.memory-type", "the EPT pointer's memory type is one that IA32_VMX_EPT_VPID_CAP offers",
     "Use write-back, 6, in bits 2:0", fields(eptp, secondary_controls),
     [](const EntryContext& c) {
         if (!c.secondary().enable_ept()) {
             return Breach{};
         }
         const arch::VmxEptVpidCapability capability{c.msr(msr::vmx_ept_vpid)};
         const std::uint64_t type = c.get(eptp).value & 7;
         return Breach::when(!(type == 0 && capability.memory_type_uc()) &&
                             !(type == 6 && capability.memory_type_wb()));
     }},
    {"control.eptp.walk-length", "the EPT pointer's page-walk length is one that IA32_VMX_EPT_VPID_CAP offers",
     "Bits 5:3 hold the length minus 1: 3 for four levels", fields(eptp, secondary_controls),
     [](const EntryContext& c) {
         if (!c.secondary().enable_ept()) {
             return Breach{};
         }
         const arch::VmxEptVpidCapability capability{c.msr(msr::vmx_ept_vpid)};
         const std::uint64_t length = ((c.get(eptp).value >> 3) & 7) + 1;
         return Breach::when(!(length == 4 && capability.walk_length_4()) &&
                             !(length == 5 && capability.walk_length_5()));
     }},
    {"control.eptp.accessed-dirty",
     "the EPT pointer enables accessed and dirty flags only where the processor has them",
     "Clear bit 6, or ask IA32_VMX_EPT_VPID_CAP bit 21 first", fields(eptp, secondary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.secondary().enable_ept() &&
                                        !arch::VmxEptVpidCapability{c.msr(msr::vmx_ept_vpid)}.accessed_dirty()
                                    ? c.get(eptp).value & 0x40
                                    : 0);
     }},
    {"control.eptp.shadow-stack",
     "the EPT pointer enables supervisor shadow-stack control only where the processor has it",
     "Clear bit 7, or ask IA32_VMX_EPT_VPID_CAP bit 23 first", fields(eptp, secondary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.secondary().enable_ept() &&
                                        !arch::VmxEptVpidCapability{c.msr(msr::vmx_ept_vpid)}.supervisor_shadow_stack()
                                    ? c.get(eptp).value & 0x80
                                    : 0);
     }},
    {"control.eptp.reserved", "bits 11:8 of the EPT pointer and those beyond the physical-address width are 0",
     address_hint, fields(eptp, secondary_controls),
     [](const EntryContext& c) {
         if (!c.secondary().enable_ept()) {
             return Breach{};
         }
         const std::uint64_t value = c.get(eptp).value;
         return Breach::of_bits((value & 0xF00) | c.beyond_width(value));
     }},
    {"control.pml-address", "the PML address is page-aligned and within the physical-address width", address_hint,
     fields(pml_address, secondary_controls),
     [](const EntryContext& c) { return c.secondary().enable_pml() ? address(c, c.get(pml_address), 12) : Breach{}; }},
    {"control.sub-page-table",
     "the sub-page-permission-table pointer is page-aligned and within the physical-address width", address_hint,
     fields(sub_page_permission_table_pointer, secondary_controls),
     [](const EntryContext& c) {
         return c.secondary().sub_page_permissions() ? address(c, c.get(sub_page_permission_table_pointer), 12)
                                                     : Breach{};
     }},
    {"control.eptp-list", "the EPTP-list address is page-aligned and within the physical-address width", address_hint,
     fields(eptp_list_address, vm_function_controls),
     [](const EntryContext& c) {
         return c.secondary().enable_vm_functions() && c.get(vm_function_controls).eptp_switching()
                    ? address(c, c.get(eptp_list_address), 12)
                    : Breach{};
     }},
    {"control.vmread-bitmap", "the VMREAD-bitmap address is page-aligned and within the physical-address width",
     address_hint, fields(vmread_bitmap, secondary_controls),
     [](const EntryContext& c) {
         return c.secondary().vmcs_shadowing() ? address(c, c.get(vmread_bitmap), 12) : Breach{};
     }},
    {"control.vmwrite-bitmap", "the VMWRITE-bitmap address is page-aligned and within the physical-address width",
     address_hint, fields(vmwrite_bitmap, secondary_controls),
     [](const EntryContext& c) {
         return c.secondary().vmcs_shadowing() ? address(c, c.get(vmwrite_bitmap), 12) : Breach{};
     }},
    {"control.ve-information",
     "the virtualization-exception information address is page-aligned and within the physical-address width",
     address_hint, fields(virtualization_exception_information_address, secondary_controls),
     [](const EntryContext& c) {
         return c.secondary().ept_violation_ve() ? address(c, c.get(virtualization_exception_information_address), 12)
                                                 : Breach{};
     }},
    {"control.hlat-pointer",
     "with \"enable HLAT\", bits 2:0 and 11:5 of the HLAT pointer and those beyond the physical-address width are 0",
     address_hint, fields(hlat_pointer, tertiary_controls),
     [](const EntryContext& c) {
         if (!c.tertiary().enable_hlat()) {
             return Breach{};
         }
         const std::uint64_t value = c.get(hlat_pointer).value;
         return Breach::of_bits((value & 0xFE7) | c.beyond_width(value));
     }},
    {"control.pid-pointer-table",
     "with \"IPI virtualization\", the PID-pointer table is 8-byte aligned and lies within the physical-address width",
     address_hint, fields(pid_pointer_table_address, last_pid_pointer_index, tertiary_controls),
     [](const EntryContext& c) {
         if (!c.tertiary().ipi_virtualization()) {
             return Breach{};
         }
         const std::uint64_t table = c.get(pid_pointer_table_address);
         const std::uint64_t last = table + std::uint64_t{c.get(last_pid_pointer_index)} * 8;
         const Breach breach = address(c, table, 3);
         return Breach{breach.broken || c.bad_physical_bits(last, 0) != 0, breach.bits};
     }},
};

} // namespace

std::span<const EntryRule> execution_address_rules() { return rules; }

} // namespace nadir::check
