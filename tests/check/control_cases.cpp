// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks the rules on VM-execution, exit and entry controls.
#include "tests/check/entry_cases.h"

namespace nadir::test {

using namespace arch::vmcs;

std::vector<Case> control_cases() {
    return {
        {"control.pin.reserved", [](State& s) { s.flip(pin_controls.encoding, 2); }},
        {"control.primary.reserved", [](State& s) { s.flip(primary_controls.encoding, 2); }},
        {"control.secondary.reserved",
         [](State& s) {
             clear_msr_bits(s.caps, msr::vmx_secondary, 1ull << 58);
             s.secondary(1u << 26);
         }},
        {"control.tertiary.reserved",
         [](State& s) {
             s.caps.set_msr(msr::vmx_tertiary, 0);
             s.tertiary(1);
         }},
        {"control.cr3-target-count", [](State& s) { s.set(cr3_target_count.encoding, 5); }},
        {"control.virtual-nmis-need-nmi-exiting", [](State& s) { s.pin(1u << 5); }},
        {"control.nmi-window-needs-virtual-nmis", [](State& s) { s.primary(1u << 22); }},
        {"control.tpr-shadow-needed", [](State& s) { s.secondary(1u << 4); }},
        {"control.x2apic-or-apic-accesses",
         [](State& s) {
             s.primary(1u << 21);
             s.secondary(1u << 4 | 1u);
         }},
        {"control.virtual-interrupts-need-exiting",
         [](State& s) {
             s.primary(1u << 21);
             s.secondary(1u << 9);
         }},
        {"control.posted-interrupts-needs", [](State& s) { s.pin(1u << 7); }},
        {"control.posted-interrupts-vector",
         [](State& s) {
             s.pin(1u << 7 | 1u);
             s.primary(1u << 21);
             s.secondary(1u << 9);
             s.exit(1u << 15);
             s.set(posted_interrupt_notification_vector.encoding, 0x1F0);
         }},
        {"control.vpid-not-0", [](State& s) { s.set(vpid.encoding, 0); }},
        {"control.ept-needed.unrestricted-guest",
         [](State& s) {
             s.no_ept();
             s.secondary(1u << 7);
         }},
        {"control.ept-needed.mode-based-execute",
         [](State& s) {
             s.no_ept();
             s.secondary(1u << 22);
         }},
        {"control.ept-needed.pml",
         [](State& s) {
             s.no_ept();
             s.secondary(1u << 17);
         }},
        {"control.ept-needed.sub-page",
         [](State& s) {
             s.no_ept();
             s.secondary(1u << 23);
         }},
        {"control.pt-guest-physical-needs", [](State& s) { s.secondary(1u << 24); }},
        {"control.vm-functions.reserved",
         [](State& s) {
             s.secondary(1u << 13);
             s.set(vm_function_controls.encoding, 2);
         }},
        {"control.eptp-switching-needs-ept",
         [](State& s) {
             s.no_ept();
             s.secondary(1u << 13);
             s.set(vm_function_controls.encoding, 1);
         }},
        {"control.tsc-multiplier-not-0", [](State& s) { s.secondary(1u << 25); }},
        {"control.ept-needed.tertiary",
         [](State& s) {
             s.no_ept();
             s.tertiary(2);
         }},
        {"control.ipi-needs-tpr-shadow", [](State& s) { s.tertiary(1u << 4); }},
    };
}

std::vector<Case> address_cases() {
    const auto bad_address = [](std::uint32_t encoding, std::uint64_t value, auto enable) {
        return [=](State& s) {
            enable(s);
            s.set(encoding, value);
        };
    };
    const auto with_primary = [](std::uint32_t bits) { return [bits](State& s) { s.primary(bits); }; };
    const auto with_secondary = [](std::uint32_t bits) { return [bits](State& s) { s.secondary(bits); }; };
    return {
        {"control.io-bitmap-a", bad_address(io_bitmap_a.encoding, 0x10, with_primary(1u << 25))},
        {"control.io-bitmap-b", bad_address(io_bitmap_b.encoding, high, with_primary(1u << 25))},
        {"control.msr-bitmap", bad_address(msr_bitmap.encoding, 0x6800, with_primary(0))},
        {"control.virtual-apic", bad_address(virtual_apic_address.encoding, 1, with_primary(1u << 21))},
        {"control.tpr-threshold.reserved", bad_address(tpr_threshold.encoding, 0x10, with_primary(1u << 21))},
        {"control.tpr-threshold.vtpr",
         [](State& s) {
             s.primary(1u << 21);
             s.set(virtual_apic_address.encoding, 0x9000);
             s.set(tpr_threshold.encoding, 3);
             s.memory[0x9080] = 0x20;
         }},
        {"control.apic-access", bad_address(apic_access_address.encoding, 8, with_secondary(1))},
        {"control.posted-interrupt-descriptor", bad_address(posted_interrupt_descriptor_address.encoding, 0x20,
                                                            [](State& s) {
                                                                s.pin(1u << 7 | 1u);
                                                                s.primary(1u << 21);
                                                                s.secondary(1u << 9);
                                                                s.exit(1u << 15);
                                                            })},
        {"control.posted-interrupt-descriptor",
         bad_address(posted_interrupt_descriptor_address.encoding, 0x20, [](State& s) { s.pin(1u << 7); })},
        {"control.eptp.memory-type", bad_address(eptp.encoding, 0x5000 | 3 << 3 | 1, with_primary(0))},
        {"control.eptp.walk-length", bad_address(eptp.encoding, 0x5000 | 2 << 3 | 6, with_primary(0))},
        {"control.eptp.accessed-dirty",
         [](State& s) {
             clear_msr_bits(s.caps, msr::vmx_ept_vpid, 1u << 21);
             s.flip(eptp.encoding, 0x40);
         }},
        {"control.eptp.shadow-stack", [](State& s) { s.flip(eptp.encoding, 0x80); }},
        {"control.eptp.reserved", [](State& s) { s.flip(eptp.encoding, high); }},
        {"control.pml-address", bad_address(pml_address.encoding, 0x800, with_secondary(1u << 17))},
        {"control.sub-page-table",
         bad_address(sub_page_permission_table_pointer.encoding, 1, with_secondary(1u << 23))},
        {"control.eptp-list", bad_address(eptp_list_address.encoding, 1,
                                          [](State& s) {
                                              s.secondary(1u << 13);
                                              s.set(vm_function_controls.encoding, 1);
                                          })},
        {"control.vmread-bitmap", bad_address(vmread_bitmap.encoding, 1, with_secondary(1u << 14))},
        {"control.vmwrite-bitmap", bad_address(vmwrite_bitmap.encoding, high, with_secondary(1u << 14))},
        {"control.ve-information",
         bad_address(virtualization_exception_information_address.encoding, 1, with_secondary(1u << 18))},
        {"exit-control.reserved", [](State& s) { s.flip(exit_controls.encoding, 1); }},
        {"exit-control.secondary.reserved",
         [](State& s) {
             s.caps.set_msr(msr::vmx_secondary_exit, 0);
             s.exit(1u << 31);
             s.set(secondary_exit_controls.encoding, 8);
         }},
        {"exit-control.save-timer-needs-timer", [](State& s) { s.exit(1u << 22); }},
        {"exit-control.msr-store-list",
         [](State& s) {
             s.set(exit_msr_store_count.encoding, 1);
             s.set(exit_msr_store_address.encoding, 8);
         }},
        {"exit-control.msr-load-list",
         [](State& s) { // its last byte is out of reach
             s.set(exit_msr_load_count.encoding, 2);
             s.set(exit_msr_load_address.encoding, (1ull << 39) - 16);
         }},
        {"entry-control.reserved", [](State& s) { s.flip(entry_controls.encoding, 1); }},
        {"entry-control.msr-load-list",
         [](State& s) {
             s.set(entry_msr_load_count.encoding, 1);
             s.set(entry_msr_load_address.encoding, high);
         }},
        {"entry-control.smm", [](State& s) { s.entry(1u << 10); }},
        {"injection.type", [](State& s) { s.inject(1, 32); }},
        {"injection.vector", [](State& s) { s.inject(2, 3); }},
        {"injection.error-code.missing", [](State& s) { s.inject(3, 14); }},
        {"injection.error-code.unwanted", [](State& s) { s.inject(3, 6, true); }},
        {"injection.reserved",
         [](State& s) {
             s.inject(0, 32);
             s.flip(entry_interruption_information.encoding, 1u << 12);
         }},
        {"injection.error-code.reserved",
         [](State& s) {
             s.inject(3, 14, true);
             s.set(entry_exception_error_code.encoding, 0x10000);
         }},
        {"injection.instruction-length",
         [](State& s) {
             clear_msr_bits(s.caps, msr::vmx_misc, 1u << 30);
             s.inject(4, 0x80);
         }},
    };
}

} // namespace nadir::test
