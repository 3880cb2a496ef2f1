// SPDX-License-Identifier: MIT OR GPL-2.0-only
// VM-execution controls: which may be set, and which need each other. [SDM3 "VM-Execution Control Fields"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

// Bits that are 0 although they must be 1, and bits that are 1 although they must be 0.
constexpr std::uint64_t refused(std::uint64_t value, arch::ControlBounds bounds) {
    return (bounds.must_be_one & ~value) | (value & ~bounds.may_be_one);
}

std::uint32_t true_or_not(const EntryContext& c, std::uint32_t true_index, std::uint32_t index) {
    return arch::VmxBasic{c.msr(msr::vmx_basic)}.true_controls() ? true_index : index;
}

arch::ControlBounds bounds(const EntryContext& c, std::uint32_t index) {
    const std::uint64_t value = c.msr(index);
    return {value & 0xFFFF'FFFF, value >> 32};
}

constexpr std::string_view capability_hint =
    "Adjust the value by the capability MSR: set its allowed 0-settings, clear what its allowed 1-settings lack";

constexpr EntryRule rules[] = {
    {"control.pin.reserved", "each pin-based control has a setting that IA32_VMX_(TRUE_)PINBASED_CTLS allows",
     capability_hint, fields(pin_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(refused(c.pin().value, bounds(c, true_or_not(c, msr::vmx_true_pin, msr::vmx_pin))));
     }},
    {"control.primary.reserved",
     "each primary processor-based control has a setting that IA32_VMX_(TRUE_)PROCBASED_CTLS allows", capability_hint,
     fields(primary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(
             refused(c.primary().value, bounds(c, true_or_not(c, msr::vmx_true_primary, msr::vmx_primary))));
     }},
    {"control.secondary.reserved",
     "each secondary processor-based control has a setting that IA32_VMX_PROCBASED_CTLS2 allows", capability_hint,
     fields(secondary_controls, primary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(
             c.primary().activate_secondary() ? refused(c.secondary().value, bounds(c, msr::vmx_secondary)) : 0);
     }},
    {"control.tertiary.reserved", "each tertiary control that is 1 is allowed by IA32_VMX_PROCBASED_CTLS3",
     capability_hint, fields(tertiary_controls, primary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.primary().activate_tertiary() ? c.tertiary().value & ~c.msr(msr::vmx_tertiary) : 0);
     }},
    {"control.cr3-target-count", "the CR3-target count is at most what IA32_VMX_MISC[24:16] says",
     "Write 0 where the values aren't used", fields(cr3_target_count),
     [](const EntryContext& c) {
         return Breach::when(c.get(cr3_target_count) > arch::VmxMisc{c.msr(msr::vmx_misc)}.cr3_target_count());
     }},
    {"control.virtual-nmis-need-nmi-exiting", "\"virtual NMIs\" needs \"NMI exiting\"",
     "Set bit 3 with bit 5 of the pin-based controls, or clear both", fields(pin_controls),
     [](const EntryContext& c) { return Breach::when(c.pin().virtual_nmis() && !c.pin().nmi_exiting()); }},
    {"control.nmi-window-needs-virtual-nmis", "\"NMI-window exiting\" needs \"virtual NMIs\"",
     "Set bit 5 of the pin-based controls before asking for the window", fields(primary_controls, pin_controls),
     [](const EntryContext& c) { return Breach::when(c.primary().nmi_window_exiting() && !c.pin().virtual_nmis()); }},
    {"control.tpr-shadow-needed",
     "\"virtualize x2APIC mode\", \"APIC-register virtualization\" and \"virtual-interrupt delivery\" need \"use TPR shadow\"",
     "Set bit 21 of the primary controls and give a virtual-APIC page", fields(secondary_controls, primary_controls),
     [](const EntryContext& c) {
         const auto s = c.secondary();
         return Breach::when(
             !c.primary().use_tpr_shadow() &&
             (s.virtualize_x2apic() || s.apic_register_virtualization() || s.virtual_interrupt_delivery()));
     }},
    {"control.x2apic-or-apic-accesses",
     "\"virtualize x2APIC mode\" and \"virtualize APIC accesses\" exclude each other",
     "Choose by the guest's IA32_APIC_BASE: bit 0 in xAPIC mode, bit 4 in x2APIC mode", fields(secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().virtualize_x2apic() && c.secondary().virtualize_apic_accesses());
     }},
    {"control.virtual-interrupts-need-exiting", "\"virtual-interrupt delivery\" needs \"external-interrupt exiting\"",
     "Set bit 0 of the pin-based controls", fields(secondary_controls, pin_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().virtual_interrupt_delivery() && !c.pin().external_interrupt_exiting());
     }},
    {"control.posted-interrupts-needs",
     "\"process posted interrupts\" needs \"virtual-interrupt delivery\" and \"acknowledge interrupt on exit\"",
     "Set bit 9 of the secondary and bit 15 of the exit controls, too, or clear bit 7 of the pin-based ones",
     fields(pin_controls, secondary_controls, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(c.pin().posted_interrupts() &&
                             !(c.secondary().virtual_interrupt_delivery() && c.exit().acknowledge_interrupt()));
     }},
    {"control.posted-interrupts-vector",
     "with \"process posted interrupts\", bits 15:8 of the notification vector are 0",
     "The field holds a vector, 0 to 255", fields(posted_interrupt_notification_vector, pin_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.pin().posted_interrupts() ? c.get(posted_interrupt_notification_vector) & 0xFF00u
                                                            : 0);
     }},
    {"control.vpid-not-0", "with \"enable VPID\", the VPID is not 0", "VPID 0 belongs to the host: count from 1",
     fields(vpid, secondary_controls),
     [](const EntryContext& c) { return Breach::when(c.secondary().enable_vpid() && c.get(vpid) == 0); }},
    {"control.ept-needed.unrestricted-guest", "\"unrestricted guest\" needs \"enable EPT\"",
     "Set bit 1 of the secondary controls with bit 7, and give an EPT pointer", fields(secondary_controls),
     [](const EntryContext& c) { return Breach::when(c.unrestricted() && !c.secondary().enable_ept()); }},
    {"control.ept-needed.mode-based-execute", "\"mode-based execute control for EPT\" needs \"enable EPT\"",
     "Set bit 1 of the secondary controls with bit 22, and give an EPT pointer", fields(secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().mode_based_execute() && !c.secondary().enable_ept());
     }},
    {"control.ept-needed.pml", "\"enable PML\" needs \"enable EPT\"",
     "Set bit 1 of the secondary controls with bit 17, and give an EPT pointer", fields(secondary_controls),
     [](const EntryContext& c) { return Breach::when(c.secondary().enable_pml() && !c.secondary().enable_ept()); }},
    {"control.ept-needed.sub-page", "\"sub-page write permissions for EPT\" needs \"enable EPT\"",
     "Set bit 1 of the secondary controls with bit 23, and give an EPT pointer", fields(secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().sub_page_permissions() && !c.secondary().enable_ept());
     }},
    {"control.pt-guest-physical-needs",
     "\"Intel PT uses guest physical addresses\" needs \"enable EPT\", \"load IA32_RTIT_CTL\" and \"clear IA32_RTIT_CTL\"",
     "Set all four, or clear bit 24 of the secondary controls",
     fields(secondary_controls, entry_controls, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().pt_guest_physical() &&
                             !(c.secondary().enable_ept() && c.entry().load_rtit_ctl() && c.exit().clear_rtit_ctl()));
     }},
    {"control.vm-functions.reserved", "each VM function that is enabled is allowed by IA32_VMX_VMFUNC",
     "Only bit 0, EPTP switching, is defined, and IA32_VMX_VMFUNC has to offer it",
     fields(vm_function_controls, secondary_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.secondary().enable_vm_functions()
                                    ? c.get(vm_function_controls).value & ~c.msr(msr::vmx_vm_functions)
                                    : 0);
     }},
    {"control.eptp-switching-needs-ept", "the VM function \"EPTP switching\" needs \"enable EPT\"",
     "Set bit 1 of the secondary controls, or clear bit 0 of the VM-function controls",
     fields(vm_function_controls, secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(c.secondary().enable_vm_functions() && c.get(vm_function_controls).eptp_switching() &&
                             !c.secondary().enable_ept());
     }},
    {"control.tsc-multiplier-not-0", "with \"use TSC scaling\", the TSC multiplier is not 0",
     "1 is 1 << 48, as the multiplier has 48 fractional bits", fields(tsc_multiplier, secondary_controls),
     [](const EntryContext& c) { return Breach::when(c.secondary().tsc_scaling() && c.get(tsc_multiplier) == 0); }},
    {"control.ept-needed.tertiary",
     "\"enable HLAT\", \"EPT paging-write control\" and \"guest-paging verification\" need \"enable EPT\"",
     "Set bit 1 of the secondary controls, and give an EPT pointer", fields(tertiary_controls, secondary_controls),
     [](const EntryContext& c) {
         const auto t = c.tertiary();
         return Breach::when((t.enable_hlat() || t.ept_paging_write() || t.guest_paging_verification()) &&
                             !c.secondary().enable_ept());
     }},
    {"control.ipi-needs-tpr-shadow", "\"IPI virtualization\" needs \"use TPR shadow\"",
     "Set bit 21 of the primary controls, or clear bit 4 of the tertiary ones",
     fields(tertiary_controls, primary_controls),
     [](const EntryContext& c) {
         return Breach::when(c.tertiary().ipi_virtualization() && !c.primary().use_tpr_shadow());
     }},
};

} // namespace

std::span<const EntryRule> execution_control_rules() { return rules; }

} // namespace nadir::check
