// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/optional_exits.h"

#include "arch/control_registers.h"
#include "arch/vmx/controls.h"
#include "arch/vmx/fields.h"
#include "core/events/watch.h"
#include "core/guest.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

constexpr uint32_t optional_primary = PrimaryControls::cr3_load_exiting_mask | PrimaryControls::cr8_load_exiting_mask |
                                      PrimaryControls::cr8_store_exiting_mask | PrimaryControls::mov_dr_exiting_mask |
                                      PrimaryControls::rdtsc_exiting_mask | PrimaryControls::rdpmc_exiting_mask;

uint32_t address_space_exits(uint32_t kinds) {
    return has_kind(kinds, NADIR_EVENT_ADDRESS_SPACE) ? PrimaryControls::cr3_load_exiting_mask : 0;
}
uint32_t control_register_exits(uint32_t kinds) {
    constexpr uint32_t cr8 = PrimaryControls::cr8_load_exiting_mask | PrimaryControls::cr8_store_exiting_mask;
    return has_kind(kinds, NADIR_EVENT_CONTROL_REGISTER) ? cr8 : 0;
}
uint32_t debug_register_exits(uint32_t kinds) {
    return has_kind(kinds, NADIR_EVENT_DEBUG_REGISTER) ? PrimaryControls::mov_dr_exiting_mask : 0;
}
uint32_t time_exits(uint32_t kinds) {
    return (has_kind(kinds, NADIR_EVENT_RDTSC) ? PrimaryControls::rdtsc_exiting_mask : 0) |
           (has_kind(kinds, NADIR_EVENT_RDPMC) ? PrimaryControls::rdpmc_exiting_mask : 0);
}

void write_primary(const Vcpu& vcpu, uint32_t exits) {
    change_primary_controls(
        vcpu, [exits](PrimaryControls& controls) { controls.value = (controls.value & ~optional_primary) | exits; });
}

void write_secondary(const Vcpu& vcpu, bool descriptor_tables) {
    SecondaryControls controls = vcpu.place.vmm->controls.secondary;
    vmwrite(vmcs::secondary_controls, controls.set_descriptor_table_exiting(descriptor_tables));
}

// A MOV to CR0 or CR4 exits when it would change a bit of the mask; what the guest reads of such bits is the shadow, which so
// has to have all of its register. [SDM3 "Guest/Host Masks and Read Shadows for CR0 and CR4"]
void mask_control_registers(const Vcpu& vcpu, uint64_t all) {
    const Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const Cr0 cr0 = guest_cr0_as_seen();
    const Cr4 cr4 = guest_cr4_as_seen();
    vmwrite(vmcs::cr0_read_shadow, cr0);
    vmwrite(vmcs::cr4_read_shadow, cr4);
    vmwrite(vmcs::cr0_mask, Cr0{guest_cr0_fixed_bits(capabilities).ones | all});
    vmwrite(vmcs::cr4_mask, Cr4{cr4_fixed_bits(capabilities).ones | all});
}

} // namespace

void apply_optional_exits(Vcpu& vcpu, const EventWatch& watch) {
    const uint32_t kinds = watch.kinds;
    write_primary(vcpu, address_space_exits(kinds) | control_register_exits(kinds) | debug_register_exits(kinds) |
                            time_exits(kinds));
    write_secondary(vcpu, has_kind(kinds, NADIR_EVENT_DESCRIPTOR_TABLE));
    if (has_kind(kinds, NADIR_EVENT_CONTROL_REGISTER)) {
        mask_control_registers(vcpu, ~uint64_t{0});
    }
}

void let_instructions_through(Vcpu& vcpu) {
    write_primary(vcpu, 0);
    write_secondary(vcpu, false);
    if (has_kind(vcpu.place.vmm->watch.kinds, NADIR_EVENT_CONTROL_REGISTER)) {
        mask_control_registers(vcpu, 0);
    }
}

void remove_optional_exits(Vcpu& vcpu) { let_instructions_through(vcpu); }

} // namespace nadir::core
